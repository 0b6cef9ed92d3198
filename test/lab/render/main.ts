/** `node main.ts FOLDER`: writes every host's files below the folder; run while the lab's images are built. */
import { writeHostFiles } from './write.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node test/lab/render/main.ts FOLDER');
writeHostFiles(folder);
