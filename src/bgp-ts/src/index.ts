/** Public surface of bgp-ts: speakers first, then the engines and the codec for those who build their own. */
export { Speaker } from './speaker/speaker.ts';
export type { SpeakerOptions } from './speaker/speaker.ts';
export { createWorkerSpeaker } from './speaker/worker-client.ts';
export type * from './speaker/types.ts';
export { checkPeerOptions } from './speaker/options.ts';
export type { RouteAttributes } from './rib/route.ts';
export { checkRoute } from './rib/route.ts';

export { Session } from './session/session.ts';
export type { SessionState } from './session/state.ts';
export type * from './session/types.ts';
export { AdjRibOut } from './rib/adj-rib-out.ts';
export { exportAttributes } from './rib/export.ts';

export { Framer } from './wire/framer.ts';
export type { Frame, FrameEvent } from './wire/framer.ts';
export { decodeMessage, encodeKeepalive, encodeRouteRefresh } from './wire/message.ts';
export type { Message, RouteRefreshMessage } from './wire/message.ts';
export { encodeOpen } from './wire/open.ts';
export type { OpenMessage } from './wire/open.ts';
export type { Capability } from './wire/capabilities.ts';
export { encodeUpdate, endOfRib, endOfRibFamily } from './wire/update-encode.ts';
export type { UpdateMessage } from './wire/update-encode.ts';
export type { DecodedUpdate, UpdateReset } from './wire/update-decode.ts';
export type { UpdateContext } from './wire/attribute-decode.ts';
export type { PathAttribute } from './wire/attributes.ts';
export { findAttribute } from './wire/attributes.ts';
export { encodeNotification, notificationName, shutdownTextOf } from './wire/notification.ts';
export type { NotificationMessage } from './wire/notification.ts';
export type { AttributeFault, MessageFault, UpdateSeverity } from './wire/fault.ts';
export { parseAddress, parsePrefix } from './wire/address.ts';
export type { Address, Prefix } from './wire/address.ts';
export type { Family } from './wire/family.ts';
export * from './wire/constants.ts';
export type { Result } from './result.ts';
