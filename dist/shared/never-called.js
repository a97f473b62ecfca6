// @actions/github makes a client while it is loaded, and never uses it here.
export class HttpClient {
  getAgent() {}
  getAgentDispatcher() {}
}
