/** @file Two cases of each property, or a tenth of more: the suite runs whole in Node, and here in about a minute. */

import { propertyRuns } from "./src/testing/describeOp.ts";

propertyRuns.share = 0.1;
