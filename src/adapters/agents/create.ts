import type { AgentSettings } from '../../config/resolved.js';
import type { AgentDriver } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { acpDriver } from './acp.js';
import { agUiDriver } from './ag-ui.js';
import { demoDriver } from './demo.js';
import { difyDriver } from './dify.js';
import { echoDriver } from './echo.js';
import { langGraphDriver } from './langgraph.js';
import { moduleDriver } from './module.js';
import { openaiDriver } from './openai.js';
import { webhookDriver } from './webhook.js';

export type DriverDeps = {
  readonly clock: Clock;
  /** The folder that a module's `path` is relative to: the config file's. */
  readonly baseDir: string;
};

/** Agents that are reached from here; those that dial in are found at the sidecar's desk. */
export type DialledOut = Exclude<AgentSettings, { readonly driver: 'native' }>;

/** The agent that a configuration names. Errors: `config.invalid` where a module cannot be loaded. */
export const createDriver = async (settings: DialledOut, deps: DriverDeps): Promise<AgentDriver> => {
  switch (settings.driver) {
    case 'echo':
      return echoDriver;
    case 'demo':
      return demoDriver(deps.clock);
    case 'module':
      return moduleDriver(settings.path, deps.baseDir, deps.clock);
    case 'openai':
      return openaiDriver(settings, deps.clock);
    case 'dify':
      return difyDriver(settings, deps.clock);
    case 'acp':
      return acpDriver(settings, deps.clock);
    case 'webhook':
      return webhookDriver(settings, deps.clock);
    case 'langgraph':
      return langGraphDriver(settings, deps.clock);
    case 'ag-ui':
      return agUiDriver(settings, deps.clock);
  }
};
