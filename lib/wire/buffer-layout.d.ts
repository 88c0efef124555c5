/** Types of the part of buffer-layout 1.2.2 that `layout.ts` uses; the package ships none. Not part of the build output. */
declare module 'buffer-layout' {
  /** One field, or a structure of fields. */
  interface Layout {
    readonly span: number
    readonly property: string | undefined
  }
  interface Structure extends Layout {
    readonly fields: readonly Layout[]
    offsetOf(property: string): number | undefined
  }
  export function u8(property: string): Layout
  export function u16be(property: string): Layout
  export function u24be(property: string): Layout
  export function u32be(property: string): Layout
  export function u48be(property: string): Layout
  export function u16(property: string): Layout
  export function u32(property: string): Layout
  export function s32(property: string): Layout
  export function blob(length: number, property: string): Layout
  export function struct(fields: readonly Layout[], property?: string): Structure
}
