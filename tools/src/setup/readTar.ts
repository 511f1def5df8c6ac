/** @file Reads files out of a tar archive in memory. POSIX.1-1988 (ustar), "tar interchange format". */

const blockBytes = 512;

/**
 * Returns the regular files of an archive by name.
 *
 * @param archive a whole ustar archive, uncompressed
 * @throws RangeError if the archive ends inside a file
 */
export function readTar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + blockBytes <= archive.length;) {
    const name = readText(archive, at, 100);
    if (name === "") break; // the archive ends with blocks of zeros
    const size = Number.parseInt(readText(archive, at + 124, 12).trim() || "0", 8);
    const type = readText(archive, at + 156, 1);
    const start = at + blockBytes;
    if (!Number.isInteger(size) || start + size > archive.length) {
      throw new RangeError(
        `the archive ends inside "${name}": ${size} bytes wanted, ${archive.length - start} left`,
      );
    }
    if (type === "0" || type === "")
      files.set(name.replace(/^\.\//, ""), archive.subarray(start, start + size));
    at = start + Math.ceil(size / blockBytes) * blockBytes;
  }
  return files;
}

function readText(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
