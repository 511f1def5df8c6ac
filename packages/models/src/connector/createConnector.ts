/** @file From a configuration to a connector. */

import type { Device, Random } from "@candor/tensor-core";
import type { Connector, ConnectorSides } from "./connector.ts";
import type { ConnectorConfig } from "./connectorConfig.ts";
import { Gac } from "./gac.ts";
import { LearnedQueryConnector } from "./learnedQueryConnector.ts";
import { LinearConnector } from "./linearConnector.ts";

/** Builds the connector that a configuration names. */
export function createConnector(
  device: Device,
  config: ConnectorConfig,
  sides: ConnectorSides,
  random: Random,
): Connector {
  switch (config.kind) {
    case "gac":
      return new Gac(device, config, sides, random);
    case "learnedQuery":
      return new LearnedQueryConnector(device, config, sides, random);
    case "linear":
      return new LinearConnector(device, config, sides, random);
  }
}
