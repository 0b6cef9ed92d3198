// The floors of the house (docs/architecture.md): a room imports only from floors below its own, never up, never sideways.
const floors = [
  ['base', 'bgp-ts'],
  ['dns', 'geo', 'health'],
  ['lua', 'steering'],
  ['probe', 'edge', 'border', 'serve', 'replication', 'drill'],
  ['config', 'decide'],
  ['api'],
  ['coordinator', 'agent', 'simulate', 'web'],
  ['cli'],
];
const rooms = (list) => `^src/(${list.join('|')})/`;

/** For each room, everything on its own floor but itself, and everything above. */
const floorRules = floors.flatMap((floor, index) =>
  floor.map((room) => ({
    name: `floor-of-${room}`,
    comment: `${room} may import only from the floors below it`,
    severity: 'error',
    from: { path: `^src/${room}/`, pathNot: '\\.test\\.ts$' },
    to: { path: rooms([...floor.filter((other) => other !== room), ...floors.slice(index + 1).flat()]) },
  })),
);

export default {
  forbidden: [
    ...floorRules,
    {
      name: 'unknown-room',
      comment: 'every folder of src is a room with a floor in this file',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: rooms(floors.flat()) },
      to: {},
    },
    {
      name: 'bgp-ts-stands-alone',
      comment: 'bgp-ts is a package of its own and imports nothing of ours',
      severity: 'error',
      from: { path: '^src/bgp-ts/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(src/(?!bgp-ts/)|test/)' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'src-does-not-import-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '(^test/|\\.test\\.ts$)' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies-at-run-time',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
