/** `GET …/auth-check` and `…/auth-check/write`: may this token read (write) that repository? */
import { API_REPO, authorize, isResponse, type Route } from './routes.ts'

export const authCheckRoutes: Route[] = [
  {
    operation: 'auth-check',
    method: 'GET',
    path: new RegExp(`^${API_REPO}/auth-check$`),
    answer: (call) => {
      const repo = authorize(call, 'read')
      return isResponse(repo) ? repo : { status: 200, body: {} }
    },
  },
  {
    operation: 'auth-check-write',
    method: 'GET',
    path: new RegExp(`^${API_REPO}/auth-check/write$`),
    answer: (call) => {
      const repo = authorize(call, 'write')
      return isResponse(repo) ? repo : { status: 200, body: {} }
    },
  },
]
