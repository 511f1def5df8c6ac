/** @file Under which name a kernel is examined. */

interface NamedKernel {
  readonly label: string;
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly features?: readonly string[];
}

/**
 * A kernel's name in the record. The tilings of matmul share a label and few lines, and are examined each by itself;
 * instances that differ in what they store, `softmax.forward.f16`, share nearly all of theirs, and are examined together:
 * a line that both have is killed where either's tests fail.
 */
export function kernelName({ label, constants = {}, features = [] }: NamedKernel): string {
  if (label.startsWith("cast.")) return label;
  if (label !== "matmul") return label.replaceAll(/\.(f16|partial)(?=\.|$)/g, "");
  if (constants["TILE"]) return "matmul.tile";
  if (constants["ELEMENT"]) return "matmul.element";
  if ("MATRIX_M" in constants) return "matmul.matrix";
  return features.includes("subgroups") ? "matmul.broadcast" : "matmul.register";
}
