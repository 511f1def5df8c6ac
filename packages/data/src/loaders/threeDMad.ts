/** @file 3DMAD: Erdogmus and Marcel, "Spoofing in 2D face recognition with 3D masks and anti-spoofing with Kinect", BTAS 2013. */
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { part } from "./words.ts";

/** The loader of 3DMAD, colour frames. */
export const threeDMad = defineLoader({
  name: "3dmad",
  title: "3DMAD",
  page: "https://www.idiap.ch/en/dataset/3dmad",
  verified: {
    layout: true,
    words:
      "Names, HDF5 keys and sessions were read in Idiap's reader and in public lists. Depth and eyes are not read.",
  },
  encoding: "none: the session says it (1 and 2 real, 3 attack); public lists use 1 for live",
  splitRule: "all is test: the published protocols leave subjects out, which no single split is",
  published: [
    { label: "live", unit: "videos", count: 170, source: "85 recordings a session" },
    { label: "spoof", unit: "videos", count: 85, source: "85 recordings a session" },
  ],
  rules: [
    {
      path: "{folder:session0[1-3]|0[1-3]}/{data:(?:Data/)?}{subject:\\d\\d}_{session:0[1-3]}_{clip:\\d\\d}",
      media: "hdf5",
      hdf5: { array: "Color_Data" },
      read: (parts) => {
        if (!part(parts, "folder").endsWith(part(parts, "session"))) {
          return { conflict: `session ${parts.session} in the folder ${parts.folder}` };
        }
        const subject = part(parts, "subject");
        const scene = { session: part(parts, "session") };
        return parts.session === "03"
          ? spoof("test", subject, "rigidMask", "3D mask", scene)
          : live("test", subject, "real access", scene);
      },
    },
  ],
});
