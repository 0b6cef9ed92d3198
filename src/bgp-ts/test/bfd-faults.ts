/** What tests of bugs in BFD share with the thread that has one. */

/** The Detect Mult that the peer of the session with the bug says. */
export const unluckyMultiplier = 77;
