/** @file What a file is by its name: an image, a video, an HDF5 recording; and which video a frame was taken from. */

/** What a file holds. */
export type Media = "image" | "video" | "hdf5";

const extensions: Readonly<Record<Media, readonly string[]>> = {
  image: ["jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff"],
  video: ["avi", "mov", "mp4", "m4v", "mkv", "webm", "mpg", "wmv"],
  hdf5: ["hdf5", "h5"],
};

/**
 * Splits a path into its stem and what the file holds.
 * @param path a path with "/"
 * @returns undefined where the file is no image, video or HDF5 file
 */
export function mediaOf(path: string): { stem: string; media: Media } | undefined {
  const dot = path.lastIndexOf(".");
  if (dot <= path.lastIndexOf("/") + 1) return undefined;
  const extension = path.slice(dot + 1).toLowerCase();
  for (const media of ["image", "video", "hdf5"] as const) {
    if (extensions[media].includes(extension)) return { stem: path.slice(0, dot), media };
  }
  return undefined;
}

/** A video's stem, and which of its frames an image is. */
export interface FrameName {
  stem: string;
  frame: number;
}

/**
 * Which video a pre-extracted frame may belong to, in the layouts in use: `name_frame0.png` (FLIP), `name/000.png`
 * (SSDG), `name.avi/12.png` and `name/frame_0012.jpg`.
 * @param stem the image's path without its extension
 */
export function frameNames(stem: string): FrameName[] {
  const found: FrameName[] = [];
  const suffixed = /^(.+)_frame_?(\d+)$/.exec(stem);
  if (suffixed) found.push({ stem: suffixed[1] as string, frame: Number(suffixed[2]) });
  const inFolder = /^(.+)\/(?:frame_?|img_?|image_?)?(\d+)$/i.exec(stem);
  if (inFolder) {
    const folder = inFolder[1] as string;
    const video = mediaOf(folder);
    found.push({ stem: video?.media === "video" ? video.stem : folder, frame: Number(inFolder[2]) });
  }
  return found;
}
