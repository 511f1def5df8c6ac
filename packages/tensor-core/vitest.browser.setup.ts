/** @file A quarter of the cases of each property: the suite runs whole in Node, and here within a minute. */

import { propertyRuns } from "./src/testing/describeOp.ts";

propertyRuns.share = 0.25;
