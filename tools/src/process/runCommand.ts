/** @file The frame of every command of this package. */

/**
 * Runs a command to its end and leaves the process: with its status, or with 1 and the message of what it threw.
 *
 * @param command resolves to the exit status
 */
export async function runCommand(command: () => Promise<number>): Promise<never> {
  try {
    process.exit(await command());
  } catch (error) {
    console.error(`candor: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}
