/**
 * Options and texts of the match `comment`.
 *
 * @see iptables extensions/libxt_comment.c
 */
import { XT_MAX_COMMENT_LEN, type XtCommentInfo } from '../../../netfilter/match/comment.js'
import { extension, saveString, type XtablesExtension } from '../xtables.js'

/** The extension. */
export const commentExtension: XtablesExtension = extension<XtCommentInfo>({
  name: 'comment',
  help: 'comment match options:\n--comment COMMENT             Attach a comment to a rule\n',
  options: [{ name: 'comment', id: 'comment', type: 'string', mandatory: true }],
  init: { comment: '' },
  parse: ({ arg }) => ({ comment: arg.slice(0, XT_MAX_COMMENT_LEN - 1) }),
  print: ({ comment }) => ` /* ${comment} */`,
  save: ({ comment }) => ` --comment${saveString(comment)}`,
})
