/** @file How this package's commands end: with a status, and one message where they fail. */

/**
 * Runs a command and ends the process with its status.
 * @param command resolves to the exit status
 */
export async function endCommand(command: () => Promise<number>): Promise<never> {
  try {
    const status = await command();
    // A pipe may not have taken everything yet.
    await new Promise<void>((done) => process.stdout.write("", () => done()));
    process.exit(status);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}
