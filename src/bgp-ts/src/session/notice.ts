/** A received NOTIFICATION as a reason for people. */
import { ceaseSubcode, errorCode } from '../wire/constants.ts';
import { decodeNotification, notificationName, shutdownTextOf } from '../wire/notification.ts';
import type { NotificationMessage } from '../wire/notification.ts';

/** Why the peer ended the connection; of a Hard Reset also what it stands for (RFC 8538 §3). */
export function describeReceived(notification: NotificationMessage): string {
  const { code, subcode, data } = notification;
  const text = shutdownTextOf(notification);
  const suffix = text === undefined ? '' : `: "${text}"`;
  const name = `peer sent ${notificationName(code, subcode)}${suffix}`;
  const isHardReset = code === errorCode.cease && subcode === ceaseSubcode.hardReset && data.length >= 2;
  if (!isHardReset) return name;
  const inner = decodeNotification(data);
  const innerText = shutdownTextOf(inner);
  return `${name} for ${notificationName(inner.code, inner.subcode)}${innerText === undefined ? '' : `: "${innerText}"`}`;
}
