/**
 * Numbers and layouts of Linux's socket calls, the same on x86_64 and arm64: little-endian, 64-bit pointers.
 *
 * Only what `serve` uses. Sources: the kernel's include/uapi headers; msghdr(2), recvmmsg(2), cmsg(3), ip(7), ipv6(7).
 */

export const addressFamily = { unix: 1, ipv4: 2, ipv6: 10 } as const;

export const socketType = { stream: 1, datagram: 2, closeOnExec: 0x80000, nonBlocking: 0x800 } as const;

/** Level and number of each option, as setsockopt takes them. */
export const socketOption = {
  reuseAddress: { level: 1, name: 2 },
  sendBuffer: { level: 1, name: 7 },
  receiveBuffer: { level: 1, name: 8 },
  reusePort: { level: 1, name: 15 },
  peerCredentials: { level: 1, name: 17 },
  receiveTimeout: { level: 1, name: 20 },
  sendBufferForce: { level: 1, name: 32 },
  receiveBufferForce: { level: 1, name: 33 },
  ipv4PacketInfo: { level: 0, name: 8 },
  ipv4PathMtuDiscovery: { level: 0, name: 10 },
  tcpMaximumSegment: { level: 6, name: 2 },
  ipv6PathMtuDiscovery: { level: 41, name: 23 },
  /** Linux has no IPV6_USE_MIN_MTU; this one bounds the packets that a socket sends. */
  ipv6Mtu: { level: 41, name: 24 },
  ipv6Only: { level: 41, name: 26 },
  ipv6ReceivePacketInfo: { level: 41, name: 49 },
} as const;

/** struct tcp_info as far as it is read: eight octets of flags, then words: the smoothed round trip is the sixteenth, in µs. */
export const tcpInfo = { option: { level: 6, name: 11 }, bytes: 104, roundTripAt: 68 } as const;

/** IP_PMTUDISC_OMIT, IPV6_PMTUDISC_OMIT: fragment by the interface's MTU, and believe no ICMP about the path. */
export const pathMtuDiscoveryOmit = 5;

/** The least MTU of IPv6 (RFC 8200 §5). */
export const ipv6MinimumMtuBytes = 1280;

export const messageFlag = {
  controlTruncated: 0x8,
  truncated: 0x20,
  dontWait: 0x40,
  noSignal: 0x4000,
  waitForOne: 0x10000,
  /** MSG_CMSG_CLOEXEC: descriptors that arrive are not inherited by programs that are started. */
  closeOnExec: 0x40000000,
} as const;

export const errorNumber = {
  interrupted: 4,
  badDescriptor: 9,
  tryAgain: 11,
  badAddress: 14,
  invalid: 22,
  notSocket: 88,
} as const;

export const descriptorCommand = { duplicateCloseOnExec: 1030 } as const;

/** struct sockaddr_in: family u16 at 0, port u16 (network order) at 2, address at 4. */
export const ipv4SocketAddress = { bytes: 16, portAt: 2, addressAt: 4 } as const;

/** struct sockaddr_in6: family u16 at 0, port u16 at 2, flow u32 at 4, address at 8, scope u32 at 24. */
export const ipv6SocketAddress = { bytes: 28, portAt: 2, addressAt: 8, scopeAt: 24 } as const;

/** struct sockaddr_un: family u16 at 0, path with its end at 2. */
export const unixSocketAddress = { bytes: 110, pathAt: 2 } as const;

/** struct iovec: base pointer at 0, length at 8. */
export const ioVector = { bytes: 16, baseAt: 0, lengthAt: 8 } as const;

/**
 * struct msghdr in 56 octets: name pointer at 0, name length u32 at 8, vectors pointer at 16, their count at 24,
 * control pointer at 32, control length at 40, flags u32 at 48.
 * struct mmsghdr in 64 octets: a msghdr, then the octets of the message u32 at 56.
 */
export const messageHeader = {
  bytes: 56,
  nameAt: 0,
  nameLengthAt: 8,
  vectorsAt: 16,
  vectorCountAt: 24,
  controlAt: 32,
  controlLengthAt: 40,
  flagsAt: 48,
} as const;
export const batchHeader = { bytes: 64, lengthAt: 56 } as const;

/** struct cmsghdr: length of it and its data u64 at 0, level i32 at 8, type i32 at 12; the data follow at 16. */
export const controlHeader = { bytes: 16, lengthAt: 0, levelAt: 8, typeAt: 12 } as const;

/** struct in_pktinfo (IP_PKTINFO): interface i32 at 0, local address at 4, destination at 8. */
export const ipv4PacketInfo = { bytes: 12, interfaceAt: 0, localAt: 4 } as const;

/** struct in6_pktinfo (IPV6_PKTINFO): address at 0, interface i32 at 16. */
export const ipv6PacketInfo = { bytes: 20, interfaceAt: 16, level: 41, type: 50 } as const;

/** UDP_SEGMENT: a u16, the length of each datagram that a message is cut into but the last; 24 octets with its padding. */
export const segmentControl = { bytes: 24, length: 18, level: 17, type: 103 } as const;

/** SCM_RIGHTS: the data are descriptors, i32 each; at most 253 in one message. */
export const rightsControl = { level: 1, type: 1, maxDescriptors: 253 } as const;

/** struct pollfd: descriptor i32 at 0, events i16 at 4, what happened i16 at 6. */
export const pollEntry = { bytes: 8, descriptorAt: 0, eventsAt: 4, happenedAt: 6, readable: 1 } as const;
