/**
 * Options and texts of the target `ECN`.
 *
 * @see iptables extensions/libipt_ECN.c
 */
import {
  IPT_ECN_OP_SET_CWR,
  IPT_ECN_OP_SET_ECE,
  IPT_ECN_OP_SET_IP,
  type IptEcnInfo,
} from '../../../netfilter/target/ecn.js'
import { extension, type XtablesExtension, xtablesError, type XtOptionCall } from '../xtables.js'

const parse = ({ option: { id }, value }: XtOptionCall, info: IptEcnInfo): IptEcnInfo => {
  const { operation } = info
  switch (id) {
    case 'remove':
      return { ...info, operation: IPT_ECN_OP_SET_ECE | IPT_ECN_OP_SET_CWR, ece: 0, cwr: 0 }
    case 'cwr':
      return { ...info, operation: operation | IPT_ECN_OP_SET_CWR, cwr: value }
    case 'ece':
      return { ...info, operation: operation | IPT_ECN_OP_SET_ECE, ece: value }
    default:
      return { ...info, operation: operation | IPT_ECN_OP_SET_IP, ipEct: value }
  }
}

const isRemoval = ({ operation, ece, cwr }: IptEcnInfo): boolean =>
  operation === (IPT_ECN_OP_SET_ECE | IPT_ECN_OP_SET_CWR) && ece === 0 && cwr === 0

/** The extension. */
export const ecnTargetExtension: XtablesExtension = extension<IptEcnInfo>({
  name: 'ECN',
  help: 'ECN target options\n  --ecn-tcp-remove\t\tRemove all ECN bits from TCP header\n',
  options: [
    { name: 'ecn-tcp-remove', id: 'remove', type: 'none', excl: ['cwr', 'ece'] },
    { name: 'ecn-tcp-cwr', id: 'cwr', type: 'uint8', max: 1, excl: ['remove'] },
    { name: 'ecn-tcp-ece', id: 'ece', type: 'uint8', max: 1, excl: ['remove'] },
    { name: 'ecn-ip-ect', id: 'ect', type: 'uint8', max: 3 },
  ],
  init: { operation: 0, ipEct: 0, ece: 0, cwr: 0 },
  parse,
  finalCheck: (info, seen) => (seen.size > 0 ? info : xtablesError('ECN target: An operation is required')),
  print: info => {
    const { operation, ece, cwr, ipEct } = info
    let text = ' ECN'
    if (isRemoval(info)) return `${text} TCP remove`
    if (operation & IPT_ECN_OP_SET_ECE) text += ` ECE=${ece}`
    if (operation & IPT_ECN_OP_SET_CWR) text += ` CWR=${cwr}`
    return operation & IPT_ECN_OP_SET_IP ? `${text} ECT codepoint=${ipEct}` : text
  },
  save: info => {
    const { operation, ece, cwr, ipEct } = info
    if (isRemoval(info)) return ' --ecn-tcp-remove'
    let text = ''
    if (operation & IPT_ECN_OP_SET_ECE) text += ` --ecn-tcp-ece ${ece}`
    if (operation & IPT_ECN_OP_SET_CWR) text += ` --ecn-tcp-cwr ${cwr}`
    return operation & IPT_ECN_OP_SET_IP ? `${text} --ecn-ip-ect ${ipEct}` : text
  },
})
