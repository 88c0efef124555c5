/**
 * `ip route`: add, change, replace, append, prepend, delete, show, get, flush.
 *
 * @see ip-route(8)
 */
import { routeAdd, routeDel } from '../../rtnl/route.js'
import type { Args } from './args.js'
import type { IpContext } from './ip-context.js'
import { parseRouteWords, specForAdd, specForDelete } from './ip-route-args.js'
import { getRoute } from './ip-route-get.js'
import { flushRoutes, showRoutes } from './ip-route-show.js'
import { runVerb, type ToolResult } from './tool.js'

const add =
  (mode: 'add' | 'change' | 'replace' | 'append' | 'prepend') =>
  (ip: IpContext, args: Args): number => {
    routeAdd(ip.netns, specForAdd(ip, parseRouteWords(ip, args)), mode)
    return 0
  }

const del = (ip: IpContext, args: Args): number => {
  routeDel(ip.netns, specForDelete(ip, parseRouteWords(ip, args)))
  return 0
}

/** Object `route` of `ip`. */
export const ipRoute = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'ip route',
    byDefault: 'list',
    verbs: [
      { word: 'list', run: showRoutes },
      { word: 'show', run: showRoutes },
      { word: 'lst', run: showRoutes },
      { word: 'get', run: getRoute },
      { word: 'add', run: add('add') },
      { word: 'change', run: add('change') },
      { word: 'chg', run: add('change') },
      { word: 'replace', run: add('replace') },
      { word: 'prepend', run: add('prepend') },
      { word: 'append', run: add('append') },
      { word: 'test', run: null },
      { word: 'delete', run: del },
      { word: 'flush', run: flushRoutes },
      { word: 'save', run: null },
      { word: 'restore', run: null },
      { word: 'showdump', run: null },
    ],
  })
