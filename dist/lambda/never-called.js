// @actions/github makes clients while it is loaded, and never uses them here.
export class HttpClient {
  getAgent() {}
  getAgentDispatcher() {}
}
export class Octokit {
  static plugin() {
    return Octokit
  }
  static defaults() {
    return Octokit
  }
}
export function restEndpointMethods() {}
export function paginateRest() {}
// The AWS SDK extends this for services that the action does not call.
export class SmithyRpcV2CborProtocol {}
export function loadSmithyRpcV2CborErrorCode() {}
