import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { distanceKm } from './distance.ts';

const at = (latitude: number, longitude: number): { latitude: number; longitude: number } => ({ latitude, longitude });
const near = (actual: number, expected: number): void => {
  assert.ok(Math.abs(actual - expected) < 0.5, `${actual} is not near ${expected}`);
};

test('a degree along the equator or a meridian is 111.2 km', () => {
  near(distanceKm(at(0, 10), at(0, 11)), 111.195);
  near(distanceKm(at(48, 10), at(49, 10)), 111.195);
});

test('from pole to pole and to the other side of the Earth are 20,015 km', () => {
  near(distanceKm(at(90, 0), at(-90, 77)), 20_015.1);
  near(distanceKm(at(12, 30), at(-12, -150)), 20_015.1);
});

test('the way over the date line is the short one', () => {
  near(distanceKm(at(0, 179.5), at(0, -179.5)), 111.195);
});

test('a distance is the same both ways, and never beyond half the circumference', () => {
  const point = fc.record({
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  });
  fc.assert(
    fc.property(point, point, (from, to) => {
      const distance = distanceKm(from, to);
      assert.ok(distance >= 0 && distance <= 20_015.2);
      assert.ok(Math.abs(distance - distanceKm(to, from)) < 1e-6);
    }),
  );
});
