/**
 * Which node of a site tells which of the site's routes, where the nodes speak (ADR 25). Pure.
 *
 * The site's routes are decided by the announcer. A node whose own proxy is down for a route's services, or that lacks
 * an anycast address, is excused from the route (R16), but only while another node of the site tells it and is well:
 * where none does, the site's decision stands for all of them (R19).
 *
 *   the node is well                               tells
 *   it says nothing of itself yet, or is silent    tells: losing contact moves nothing (R23)
 *   it is not well, another is well and tells      does not tell
 *   it is not well, no other tells                 tells, as the site's decision is to announce
 */

/** What decides about one node and one route. */
export interface NodeCondition {
  readonly node: string;
  /** By its own fresh report: its proxy is down for every service of the route, or an address is missing. */
  readonly fault: string | undefined;
  /** A fresh report says that it tells the route to a neighbor. */
  readonly isTelling: boolean;
}

/** Whether a node tells a route, and why not. */
export interface NodeStanding {
  readonly node: string;
  readonly isExcused: boolean;
  readonly reason: string;
}

/** Judges all nodes of a site for one route. */
export function gateNodes(nodes: readonly NodeCondition[]): readonly NodeStanding[] {
  const others = nodes.filter(({ fault, isTelling }) => fault === undefined && isTelling).map(({ node }) => node);
  return nodes.map(({ node, fault }) => {
    if (fault === undefined) return { node, isExcused: false, reason: 'well' };
    const [other] = others;
    if (other === undefined) return { node, isExcused: false, reason: `${fault}; no other node tells the route (R19)` };
    return { node, isExcused: true, reason: `${fault}; ${other} tells the route` };
  });
}
