/** @file How Chromium is started so that it has an adapter on a machine without a GPU. */

/** Chromium's own SwiftShader; no sandbox, since it refuses one to root. */
export const chromiumFlags: readonly string[] = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
];
