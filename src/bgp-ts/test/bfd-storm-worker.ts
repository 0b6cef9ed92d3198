/** The real entry of the BFD thread, and garbage beside it in the same thread, half of the time. */
import '../src/bfd/worker.ts';
import { storm } from './bfd-storm.ts';

storm(20);
