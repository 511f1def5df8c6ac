/** @file Runs a command's body: one clear message on failure, and Ctrl-C as a signal to end well. */

/**
 * Runs `body` and ends the process with the status that it returns.
 *
 * The first SIGINT or SIGTERM aborts the signal, the second ends at once. Dawn may hang in a plain exit, hence
 * `process.exit`.
 */
export async function runCommand(body: (signal: AbortSignal) => Promise<number>): Promise<never> {
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) process.exit(130);
    process.stderr.write("\nstopping after this step; once more to stop at once\n");
    abort.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    const status = await body(abort.signal);
    await new Promise<void>((done) => process.stdout.write("", () => done()));
    process.exit(status);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env["CANDOR_DEBUG"] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  }
}
