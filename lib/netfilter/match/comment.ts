/**
 * The match `comment`: words that belong to a rule; it matches every packet.
 *
 * @see net/netfilter/xt_comment.c
 */
import { type XtMatch, xtMatch } from '../x-tables.js'

/** Longest comment in octets. */
export const XT_MAX_COMMENT_LEN = 256

/** What belongs to a rule (struct xt_comment_info). */
export interface XtCommentInfo {
  readonly comment: string
}

/** The match. */
export const commentMatch: XtMatch = xtMatch<XtCommentInfo>({ name: 'comment', isPerFlow: true, match: () => true })
