/** @file Ends a command with a status and, on failure, with one clear message. */

/**
 * Runs `body` and ends the process: status 0, or 1 with the error's message on stderr.
 *
 * Dawn may hang in a plain exit, hence `process.exit`.
 */
export async function endProcess(body: () => Promise<void>): Promise<never> {
  try {
    await body();
    await new Promise<void>((done) => process.stdout.write("", () => done()));
    process.exit(0);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env["CANDOR_DEBUG"] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  }
}
