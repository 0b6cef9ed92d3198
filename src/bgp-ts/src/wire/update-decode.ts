/**
 * Reads the body of an UPDATE (RFC 4271 §4.3, §6.3) with the revised error handling of RFC 7606: a fault costs the
 * attribute, the routes, or the session, and the strongest one decides.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { Prefix } from './address.ts';
import { decodeAttribute } from './attribute-decode.ts';
import type { UpdateContext } from './attribute-decode.ts';
import { splitAttributes } from './attribute-list.ts';
import type { PathAttribute } from './attributes.ts';
import { findAttribute } from './attributes.ts';
import { ByteReader, Truncated } from './bytes.ts';
import { attributeType, errorCode, updateSubcode } from './constants.ts';
import type { AttributeFault, MessageFault, UpdateSeverity } from './fault.ts';
import { noData, WireFault } from './fault.ts';
import type { PrefixList } from './nlri.ts';
import { decodePrefixes } from './nlri.ts';
import type { UpdateMessage } from './update-encode.ts';

/** An UPDATE that the session survives, with what was wrong in it. */
export interface DecodedUpdate extends UpdateMessage {
  readonly faults: readonly AttributeFault[];
  /** `none`, or the strongest of the faults: with `treat-as-withdraw` what it announces counts as withdrawn. */
  readonly severity: 'none' | Exclude<UpdateSeverity, 'session-reset'>;
}

/** A fault in an UPDATE that ends the session. */
export interface UpdateReset extends MessageFault {
  readonly severity: 'session-reset';
}

/** Reads the body of an UPDATE. */
export function decodeUpdate(body: Uint8Array, context: UpdateContext): Result<DecodedUpdate, UpdateReset> {
  try {
    return succeed(decodeBody(body, context));
  } catch (error) {
    if (error instanceof WireFault) return refuse({ ...error.fault, severity: 'session-reset' });
    if (!(error instanceof Truncated)) throw error;
    const reason = `UPDATE is cut short: ${error.message}`;
    const subcode = updateSubcode.malformedAttributeList;
    return refuse({ severity: 'session-reset', code: errorCode.update, subcode, data: noData, reason });
  }
}

function decodeBody(body: Uint8Array, context: UpdateContext): DecodedUpdate {
  const reader = new ByteReader(body);
  const withdrawnBytes = reader.readBytes(reader.readUint16());
  const attributeBytes = reader.readBytes(reader.readUint16());
  const withdrawn = requirePrefixes(withdrawnBytes, context);
  const announced = requirePrefixes(reader.readRest(), context);
  const list = decodeAttributeList(attributeBytes, context);
  const hasReachable = announced.prefixes.length > 0 || list.hasMpReach;
  const missing = hasReachable ? missingAttributes(list, announced.prefixes) : [];
  const faults = [...list.faults, ...missing];
  const withdrawing = faults.find((fault) => fault.severity === 'treat-as-withdraw');
  // RFC 7606 §5.2: without reachable prefixes nothing can be withdrawn in their place.
  if (withdrawing !== undefined && !hasReachable) throw new WireFault(withdrawing);
  const severity = withdrawing?.severity ?? faults[0]?.severity ?? 'none';
  return {
    kind: 'update',
    withdrawn: withdrawn.prefixes,
    attributes: list.attributes,
    announced: announced.prefixes,
    ...(withdrawn.pathIds === undefined ? {} : { withdrawnPathIds: withdrawn.pathIds }),
    ...(announced.pathIds === undefined ? {} : { announcedPathIds: announced.pathIds }),
    faults,
    severity,
  };
}

function requirePrefixes(bytes: Uint8Array, context: UpdateContext): PrefixList {
  const prefixes = decodePrefixes(bytes, 4, context.addPath?.includes('ipv4-unicast') === true);
  if (typeof prefixes !== 'string') return prefixes;
  const subcode = updateSubcode.invalidNetwork;
  throw new WireFault({ code: errorCode.update, subcode, data: noData, reason: prefixes });
}

interface AttributeList {
  readonly attributes: readonly PathAttribute[];
  readonly faults: readonly AttributeFault[];
  readonly seenTypes: ReadonlySet<number>;
  readonly hasMpReach: boolean;
}

function decodeAttributeList(bytes: Uint8Array, context: UpdateContext): AttributeList {
  const { raw, reason } = splitAttributes(bytes);
  const attributes: PathAttribute[] = [];
  const faults: AttributeFault[] = reason === undefined ? [] : [listFault(reason)];
  const seenTypes = new Set<number>();
  for (const item of raw) {
    if (seenTypes.has(item.type)) {
      faults.push(duplicateFault(item.type));
      continue;
    }
    seenTypes.add(item.type);
    const outcome = decodeAttribute(item, context);
    if (outcome.attribute !== undefined) attributes.push(outcome.attribute);
    if (outcome.fault !== undefined) faults.push(outcome.fault);
  }
  return { attributes, faults, seenTypes, hasMpReach: findAttribute(attributes, 'mpReach') !== undefined };
}

/** RFC 7606 §4: a list that cannot be read to its end. */
function listFault(reason: string): AttributeFault {
  const subcode = updateSubcode.malformedAttributeList;
  const severity = 'treat-as-withdraw';
  return { severity, attributeType: undefined, code: errorCode.update, subcode, data: noData, reason };
}

/** RFC 7606 §3(g): a second multiprotocol attribute ends the session, any other is dropped. */
function duplicateFault(type: number): AttributeFault {
  const subcode = updateSubcode.malformedAttributeList;
  const reason = `attribute ${type} is there twice`;
  const fault: MessageFault = { code: errorCode.update, subcode, data: noData, reason };
  if (type === attributeType.mpReach || type === attributeType.mpUnreach) throw new WireFault(fault);
  return { ...fault, severity: 'attribute-discard', attributeType: type };
}

/** RFC 7606 §3(d): mandatory attributes that a message with reachable prefixes lacks. */
function missingAttributes(list: AttributeList, announced: readonly Prefix[]): readonly AttributeFault[] {
  const always = [attributeType.origin, attributeType.asPath];
  const required = announced.length > 0 ? [...always, attributeType.nextHop] : always;
  return required
    .filter((type) => !list.seenTypes.has(type))
    .map((type) => ({
      severity: 'treat-as-withdraw',
      attributeType: type,
      code: errorCode.update,
      subcode: updateSubcode.missingWellKnown,
      data: Uint8Array.of(type),
      reason: `mandatory attribute ${type} is missing`,
    }));
}
