/**
 * Numbers of the IANA BGP registries that this library names. The registries are open: a number without a name here is
 * carried as a number.
 */

/** Message types (RFC 4271 §4.1, RFC 2918). */
export const messageType = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const;

/** Path attribute types. */
export const attributeType = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  med: 4,
  localPref: 5,
  atomicAggregate: 6,
  aggregator: 7,
  communities: 8,
  originatorId: 9,
  clusterList: 10,
  mpReach: 14,
  mpUnreach: 15,
  extendedCommunities: 16,
  as4Path: 17,
  as4Aggregator: 18,
  pmsiTunnel: 22,
  tunnelEncapsulation: 23,
  ipv6ExtendedCommunities: 25,
  aigp: 26,
  linkState: 29,
  largeCommunities: 32,
  onlyToCustomer: 35,
  nextHopCharacteristics: 39,
  prefixSid: 40,
  attributeSet: 128,
} as const;

/** Flag bits of a path attribute (RFC 4271 §4.3). */
export const attributeFlag = { optional: 0x80, transitive: 0x40, partial: 0x20, extendedLength: 0x10 } as const;

/** Capability codes (RFC 5492). */
export const capabilityCode = {
  multiprotocol: 1,
  routeRefresh: 2,
  outboundRouteFilter: 3,
  extendedNextHop: 5,
  extendedMessage: 6,
  bgpsec: 7,
  multipleLabels: 8,
  role: 9,
  gracefulRestart: 64,
  fourOctetAs: 65,
  addPath: 69,
  enhancedRouteRefresh: 70,
  longLivedGracefulRestart: 71,
  hostName: 73,
  softwareVersion: 75,
  pathsLimit: 76,
  linkLocalNextHop: 77,
} as const;

/** Roles of RFC 9234 §4.1, as the number on the wire. */
export const bgpRole = { provider: 0, routeServer: 1, routeServerClient: 2, customer: 3, peer: 4 } as const;

/** Subtypes of ROUTE-REFRESH (RFC 7313 §3.2). */
export const refreshSubtype = { request: 0, begin: 1, end: 2 } as const;

/** Address family and subsequent address family identifiers. */
export const afi = { ipv4: 1, ipv6: 2 } as const;
export const safi = { unicast: 1 } as const;

/** NOTIFICATION error codes (RFC 4271 §4.5, RFC 7313, RFC 9687). */
export const errorCode = {
  header: 1,
  open: 2,
  update: 3,
  holdTimer: 4,
  finiteStateMachine: 5,
  cease: 6,
  routeRefresh: 7,
  sendHoldTimer: 8,
} as const;

/** Subcodes of Message Header Error. */
export const headerSubcode = { notSynchronized: 1, badLength: 2, badType: 3 } as const;

/** Subcodes of OPEN Message Error. */
export const openSubcode = {
  unspecific: 0,
  unsupportedVersion: 1,
  badPeerAs: 2,
  badIdentifier: 3,
  unsupportedParameter: 4,
  unacceptableHoldTime: 6,
  unsupportedCapability: 7,
  roleMismatch: 11,
} as const;

/** Subcodes of UPDATE Message Error. */
export const updateSubcode = {
  malformedAttributeList: 1,
  unrecognizedWellKnown: 2,
  missingWellKnown: 3,
  attributeFlags: 4,
  attributeLength: 5,
  invalidOrigin: 6,
  invalidNextHop: 8,
  optionalAttribute: 9,
  invalidNetwork: 10,
  malformedAsPath: 11,
} as const;

/** Subcodes of Finite State Machine Error (RFC 6608). */
export const fsmSubcode = { openSent: 1, openConfirm: 2, established: 3 } as const;

/** Subcodes of Cease (RFC 4486, RFC 8538, RFC 9384). */
export const ceaseSubcode = {
  maxPrefixes: 1,
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  administrativeReset: 4,
  connectionRejected: 5,
  otherConfigurationChange: 6,
  collisionResolution: 7,
  outOfResources: 8,
  hardReset: 9,
  bfdDown: 10,
} as const;

/** Subcode of ROUTE-REFRESH Message Error (RFC 7313 §5). */
export const refreshErrorSubcode = { invalidLength: 1 } as const;

/** Communities that every router knows (RFC 1997, RFC 7999, RFC 8326), as `setDesired` takes them. */
export const wellKnownCommunity = {
  gracefulShutdown: '65535:0',
  blackhole: '65535:666',
  noExport: '65535:65281',
  noAdvertise: '65535:65282',
} as const;

/** Stands for an AS number that does not fit two octets (RFC 6793 §9). */
export const asTrans = 23456;

/** Length of the message header: marker 16, length 2, type 1. */
export const headerBytes = 19;

/** The longest message without the extended-message capability (RFC 4271 §4.1). */
export const maxMessageBytes = 4096;

/** The longest message, save OPEN and KEEPALIVE, where both sides have the extended-message capability (RFC 8654 §4). */
export const maxExtendedMessageBytes = 65_535;

/** The only protocol version in use. */
export const bgpVersion = 4;
