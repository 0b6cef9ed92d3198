/** All message types of BGP-4 as one union, and the decoder from a frame to it. Start here to read the codec. */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { UpdateContext } from './attribute-decode.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { errorCode, headerBytes, maxExtendedMessageBytes, messageType, refreshErrorSubcode } from './constants.ts';
import type { FamilyCode } from './family.ts';
import type { MessageFault } from './fault.ts';
import { noData } from './fault.ts';
import type { Frame, FramingRules } from './framer.ts';
import { encodeFrame, judgeHeader } from './framer.ts';
import type { NotificationMessage } from './notification.ts';
import { decodeNotification } from './notification.ts';
import type { OpenMessage } from './open.ts';
import { decodeOpen } from './open.ts';
import type { DecodedUpdate } from './update-decode.ts';
import { decodeUpdate } from './update-decode.ts';

/** ROUTE-REFRESH (RFC 2918); `subtype` is 0 unless enhanced refresh (RFC 7313) is in use. */
export interface RouteRefreshMessage extends FamilyCode {
  readonly kind: 'routeRefresh';
  readonly subtype: number;
}

/** A message as received. */
export type Message =
  OpenMessage | DecodedUpdate | NotificationMessage | { readonly kind: 'keepalive' } | RouteRefreshMessage;

/** What reading a message depends on: what was negotiated. */
export type DecodeContext = UpdateContext & FramingRules;

/** Reads a frame that the framer has let pass. Total for any bytes: what the framer would refuse is refused here too. */
export function decodeMessage(frame: Frame, context: DecodeContext): Result<Message, MessageFault> {
  const fault = judgeHeader(frame.type, headerBytes + frame.body.length, context);
  if (fault !== undefined) return refuse(fault);
  switch (frame.type) {
    case messageType.open:
      return decodeOpen(frame.body);
    case messageType.update:
      return decodeUpdate(frame.body, context);
    case messageType.notification:
      return succeed(decodeNotification(frame.body));
    case messageType.routeRefresh:
      return decodeRouteRefresh(frame.body);
    default:
      return succeed({ kind: 'keepalive' });
  }
}

/** RFC 7313 §5: a wrong length comes back whole, 7/1. A subtype above 2 is the session's to ignore. */
function decodeRouteRefresh(body: Uint8Array): Result<RouteRefreshMessage, MessageFault> {
  if (body.length !== 4) {
    const data = encodeFrame(messageType.routeRefresh, body, maxExtendedMessageBytes);
    const reason = `ROUTE-REFRESH has ${body.length} bytes after the header, expected 4`;
    return refuse({ code: errorCode.routeRefresh, subcode: refreshErrorSubcode.invalidLength, data, reason });
  }
  const reader = new ByteReader(body);
  const afi = reader.readUint16();
  const subtype = reader.readUint8();
  return succeed({ kind: 'routeRefresh', afi, subtype, safi: reader.readUint8() });
}

/** Writes a whole ROUTE-REFRESH message. */
export function encodeRouteRefresh(refresh: Omit<RouteRefreshMessage, 'kind'>): Uint8Array {
  const writer = new ByteWriter();
  writer.writeUint16(refresh.afi);
  writer.writeUint8(refresh.subtype);
  writer.writeUint8(refresh.safi);
  return encodeFrame(messageType.routeRefresh, writer.finish());
}

/** Writes a whole KEEPALIVE message. */
export function encodeKeepalive(): Uint8Array {
  return encodeFrame(messageType.keepalive, noData);
}
