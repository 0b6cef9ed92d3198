import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { MonoMs } from '#base/time.ts';
import { loadIntervalMs, mostShed, ServiceLoad, shedStep } from './load.ts';
import type { LoadLook } from './load.ts';

const targets = { target: 0.7, max: 0.9 };

/** A site, the users that would come without shedding, and its size. */
interface Place {
  readonly site: string;
  readonly offered: number;
  readonly capacity: number;
  readonly isUsable?: boolean;
  readonly isSilent?: boolean;
}

/** Sites whose users follow what is shed at once: what one hands on goes to the others by their size. */
class Plant {
  readonly engine = new ServiceLoad([]);
  nowMs = 0;
  places: readonly Place[];

  constructor(places: readonly Place[]) {
    this.places = places;
  }

  loadOf(place: Place): number {
    const moved = this.places.map((each) => (this.engine.shedOf(each.site) / 256) * each.offered);
    const takers = this.places.filter((each) => each.isUsable !== false && this.engine.shedOf(each.site) === 0);
    const size = takers.reduce((total, each) => total + each.capacity, 0);
    const whole = moved.reduce((total, part) => total + part, 0);
    const taken = takers.includes(place) ? (whole * place.capacity) / size : 0;
    const own = place.offered * (1 - this.engine.shedOf(place.site) / 256);
    return (own + taken) / place.capacity;
  }

  run(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.nowMs += 1000;
      const looks = this.places.map((place): LoadLook => ({
        site: place.site,
        isUsable: place.isUsable ?? true,
        load: place.isSilent === true ? undefined : this.loadOf(place),
        capacity: place.capacity,
      }));
      this.engine.look(looks, targets, this.nowMs as MonoMs);
    }
  }

  sheds(): readonly number[] {
    return this.places.map(({ site }) => this.engine.shedOf(site));
  }
}

test('R22: a site above its target hands on what brings it there, and stays so without swinging', () => {
  const plant = new Plant([
    { site: 'fra', offered: 100, capacity: 100 },
    { site: 'iad', offered: 20, capacity: 100 },
  ]);
  plant.run(600);
  const settled = plant.sheds();
  // A load of 1 that is to be 0.7 hands on 30 %: 76.8 of 256, in steps of 16.
  assert.ok([64, 80].includes(settled[0] ?? 0), `fra sheds ${settled[0] ?? 0}`);
  assert.equal(settled[1], 0);
  for (let round = 0; round < 30; round++) {
    plant.run(10);
    assert.deepEqual(plant.sheds(), settled);
  }
});

test('R22: when the users go, what was shed comes back step by step, down to nothing', () => {
  const plant = new Plant([
    { site: 'fra', offered: 100, capacity: 100 },
    { site: 'iad', offered: 20, capacity: 100 },
  ]);
  plant.run(300);
  plant.places = plant.places.map((place) => ({ ...place, offered: 20 }));
  let before = plant.sheds()[0] ?? 0;
  assert.ok(before > 0);
  for (let round = 0; round < 30; round++) {
    plant.run(loadIntervalMs / 1000);
    const now = plant.sheds()[0] ?? 0;
    assert.ok(now <= before && before - now <= shedStep);
    before = now;
  }
  assert.equal(before, 0);
});

test('R22: when every site is above its target nobody sheds', () => {
  const plant = new Plant([
    { site: 'fra', offered: 150, capacity: 100 },
    { site: 'iad', offered: 110, capacity: 100 },
  ]);
  plant.run(300);
  assert.deepEqual(plant.sheds(), [0, 0]);
});

test('R22: no more is handed on than finds room below the target elsewhere', () => {
  const plant = new Plant([
    { site: 'fra', offered: 300, capacity: 100 },
    { site: 'iad', offered: 50, capacity: 100 },
  ]);
  for (let round = 0; round < 60; round++) {
    plant.run(10);
    const [, iad] = plant.places;
    assert.ok(iad !== undefined && plant.loadOf(iad) <= targets.target * 1.1);
  }
});

test('above the maximum all that is needed goes in one step, below it in small ones', () => {
  const near = new Plant([
    { site: 'fra', offered: 89, capacity: 100 },
    { site: 'iad', offered: 0, capacity: 1000 },
  ]);
  near.run(11);
  assert.deepEqual(near.sheds(), [32, 0]);
  const far = new Plant([
    { site: 'fra', offered: 200, capacity: 100 },
    { site: 'iad', offered: 0, capacity: 1000 },
  ]);
  far.run(11);
  // 2 down to 0.7 is 65 %: 166.4 of 256, rounded up to a step.
  assert.deepEqual(far.sheds(), [176, 0]);
});

test('R23: a site that nobody hears of neither sheds nor is shed to', () => {
  const plant = new Plant([
    { site: 'fra', offered: 100, capacity: 100 },
    { site: 'iad', offered: 0, capacity: 100, isSilent: true },
  ]);
  plant.run(60);
  assert.deepEqual(plant.sheds(), [0, 0]);
  plant.places = plant.places.map((place) => ({ ...place, isSilent: false }));
  plant.run(120);
  assert.ok((plant.sheds()[0] ?? 0) > 0);
  plant.places = plant.places.map((place) => ({ ...place, isSilent: true }));
  plant.run(300);
  assert.deepEqual(plant.sheds(), [0, 0]);
});

test('R22: when the last site that takes is gone, nothing is shed any more, at once', () => {
  const plant = new Plant([
    { site: 'fra', offered: 100, capacity: 100 },
    { site: 'iad', offered: 0, capacity: 100 },
  ]);
  plant.run(120);
  assert.ok((plant.sheds()[0] ?? 0) > 0);
  plant.places = plant.places.map((place) => (place.site === 'iad' ? { ...place, isUsable: false } : place));
  plant.run(1);
  assert.deepEqual(plant.sheds(), [0, 0]);
});

test('what was shed before a restart is shed after it', () => {
  const engine = new ServiceLoad([{ site: 'fra', shed: 48 }]);
  const sites = ['fra', 'iad'].map((site) => ({ site, isUsable: true, load: undefined, capacity: 1 }));
  engine.look(sites, targets, 0 as MonoMs);
  assert.equal(engine.shedOf('fra'), 48);
  assert.deepEqual(engine.stored(), [{ site: 'fra', shed: 48 }]);
});

test('R22: whatever the loads, shed parts are whole steps, never all, and somebody always takes', () => {
  const load = fc.option(fc.double({ min: 0, max: 5, noNaN: true }), { nil: undefined });
  const sight = fc.record({ isUsable: fc.boolean(), load, capacity: fc.integer({ min: 0, max: 1000 }) });
  fc.assert(
    fc.property(fc.array(fc.tuple(sight, sight, sight), { minLength: 1, maxLength: 60 }), (history) => {
      const engine = new ServiceLoad([]);
      for (const [index, sights] of history.entries()) {
        const looks = sights.map((each, place) => ({ site: `s${place}`, ...each }));
        engine.look(looks, targets, (index * 4000) as MonoMs);
        const sheds = looks.map(({ site }) => engine.shedOf(site));
        for (const shed of sheds) assert.ok(shed % shedStep === 0 && shed >= 0 && shed <= mostShed);
        const takes = looks.some(({ isUsable }, place) => isUsable && sheds[place] === 0);
        assert.ok(takes || sheds.every((shed) => shed === 0));
      }
    }),
  );
});
