/** Public surface of bgp-ts: speakers first, then the engines and the codec for those who build their own. */
export { Speaker } from './speaker/speaker.ts';
export type { SpeakerOptions } from './speaker/speaker.ts';
export { createWorkerSpeaker } from './speaker/worker-client.ts';
export type * from './speaker/types.ts';
export { checkPeerOptions } from './speaker/options.ts';
export { snapshotStopped } from './speaker/snapshot.ts';
export type { RouteAttributes } from './rib/route.ts';
export { checkRoute } from './rib/route.ts';

export { Session } from './session/session.ts';
export type { SessionState } from './session/state.ts';
export type * from './session/types.ts';
export type * from './socket/transport.ts';
export { InThreadBfd } from './bfd/speaker.ts';
export type { BfdSpeakerOptions } from './bfd/speaker.ts';
export { createWorkerBfd } from './bfd/worker-client.ts';
export type * from './bfd/types.ts';
export { checkBfdOptions } from './bfd/options.ts';
export { AdjRibIn } from './rib/adj-rib-in.ts';
export { AdjRibOut } from './rib/adj-rib-out.ts';
export { exportAttributes } from './rib/export.ts';
export { formatAsPath, viewRoute } from './rib/route-view.ts';

export { encodeFrame, Framer } from './wire/framer.ts';
export type { Frame, FrameEvent, FramingRules } from './wire/framer.ts';
export { decodeMessage, encodeKeepalive, encodeRouteRefresh } from './wire/message.ts';
export type { DecodeContext, Message, RouteRefreshMessage } from './wire/message.ts';
export { encodeOpen } from './wire/open.ts';
export type { OpenMessage } from './wire/open.ts';
export type { Capability } from './wire/capabilities.ts';
export { encodeUpdate, endOfRib, endOfRibFamily } from './wire/update-encode.ts';
export type { UpdateMessage } from './wire/update-encode.ts';
export type { DecodedUpdate, UpdateReset } from './wire/update-decode.ts';
export type { UpdateContext } from './wire/attribute-decode.ts';
export type { MpReach, MpUnreach, PathAttribute, UnknownAttribute } from './wire/attributes.ts';
export { findAttribute } from './wire/attributes.ts';
export type { AsPathSegment } from './wire/as-path.ts';
export { mergeAs4, splitAs4 } from './wire/as4.ts';
export type { AigpAttribute } from './wire/aigp.ts';
export type { PrefixSidAttribute, PrefixSidTlv, Srv6Sid } from './wire/prefix-sid.ts';
export type { LargeCommunity } from './wire/community.ts';
export {
  communityName,
  formatCommunity,
  formatLargeCommunity,
  parseCommunity,
  parseLargeCommunity,
} from './wire/community.ts';
export type { ExtendedCommunity, Ipv6ExtendedCommunity } from './wire/extended-community.ts';
export {
  decodeExtendedCommunity,
  decodeIpv6ExtendedCommunity,
  encodeExtendedCommunity,
  encodeIpv6ExtendedCommunity,
} from './wire/extended-community.ts';
export { parseExtendedCommunity } from './wire/extended-community-parse.ts';
export { formatExtendedCommunity, formatIpv6ExtendedCommunity } from './wire/extended-community-text.ts';
export { nextHopAddresses } from './wire/multiprotocol.ts';
export { routesOf } from './wire/update-routes.ts';
export type { AnnouncedRoute, UpdateRoutes, WithdrawnRoute } from './wire/update-routes.ts';
export { encodeNotification, notificationName, shutdownTextOf } from './wire/notification.ts';
export type { NotificationMessage } from './wire/notification.ts';
export type { AttributeFault, MessageFault, UpdateSeverity } from './wire/fault.ts';
export { formatAddress, parseAddress, parsePrefix } from './wire/address.ts';
export type { Address, Prefix } from './wire/address.ts';
export type { Family } from './wire/family.ts';
export * from './wire/constants.ts';
export type { Result } from './result.ts';
