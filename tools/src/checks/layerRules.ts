/** @file The arrows of the workspace: which package, and which layer of tensor-core, may import which. */

/** Packages that a package may import, besides itself. `tools` has no business with what it checks, but for a device. */
export const packageArrows: Readonly<Record<string, readonly string[]>> = {
  "tensor-core": [],
  models: ["tensor-core"],
  data: ["tensor-core/device"],
  train: ["tensor-core", "models", "data"],
  bench: ["tensor-core", "models", "data", "train"],
  tools: ["tensor-core/device"],
};

/** Folders of tensor-core that a folder may import, besides itself: all that come before it. */
export const layerArrows: Readonly<Record<string, readonly string[]>> = (() => {
  const order = ["device", "memory", "kernel", "tensor", "autograd", "ops"];
  const before = (name: string): string[] => order.slice(0, order.indexOf(name));
  const upToOps = [...order];
  return {
    ...Object.fromEntries(order.map((name) => [name, before(name)])),
    nn: upToOps,
    io: upToOps,
    testing: upToOps,
    optim: [...upToOps, "nn"],
  };
})();

/**
 * Families of ops that a family may import, besides itself. The first three share a rank: a sum is the gradient of a
 * broadcast, and a broadcast that of a sum.
 */
export const opFamilyArrows: Readonly<Record<string, readonly string[]>> = (() => {
  const ranks = [
    ["layout", "elementwise", "reduce"],
    ["matmul"],
    ["normalize", "attention", "conv", "index", "einsum", "random", "image"],
    ["loss"],
  ];
  const upTo = (rank: number): string[] => ranks.slice(0, rank).flat();
  return Object.fromEntries(
    ranks.flatMap((families, rank) =>
      families.map((family) => [family, upTo(rank === 0 ? 1 : rank).filter((name) => name !== family)]),
    ),
  );
})();
