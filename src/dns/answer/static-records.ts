/** Records that stand in a zone image, looked up by name and type beside the answering of a query. */
import { LabelIndex } from '../wire/name-map.ts';
import type { Name } from '../wire/name.ts';
import { nodeFlag, rowHeaderBytes } from '../zone/image-layout.ts';
import type { ZoneImage } from '../zone/image.ts';

/** Looks records up in one image; one lookup at a time. */
export class StaticRecords {
  readonly #image: ZoneImage;
  readonly #labels = new LabelIndex();

  constructor(image: ZoneImage) {
    this.#image = image;
  }

  /** The data of the records at a name, in their order; none below a delegation, and none that code computes. */
  lookup(name: Name, type: number): readonly Uint8Array[] {
    const image = this.#image;
    const labels = this.#labels;
    labels.scan(name, 0);
    const zone = image.findZone(name, 0, labels, 0);
    const node = zone === 0 ? 0 : image.findNode(zone, name, 0, labels.hashes[0] ?? 0);
    const found = node === 0 || (image.flags(node) & nodeFlag.belowCut) !== 0 ? 0 : image.findRrset(node, type);
    if (found === 0) return [];
    const data: Uint8Array[] = [];
    let row = image.rowsAt(found);
    for (let count = image.rowCount(found); count > 0; count--) {
      const next = image.nextRow(row);
      data.push(image.bytes.subarray(row + rowHeaderBytes, next));
      row = next;
    }
    return data;
  }
}
