// Written by web/generate.py from the Python types. Do not edit.
export type Everything = (Ack | ApiRequest | ApiResponse | Authenticate | Authenticated | ClientInfo | ClientMessage | Completion | Credentials | DiscogsApiRequest | DiscogsApiResponse | Endorsement | ErrorMessage | Failure | Fault | Nothing | Notice | Ping | Pong | Progress | ResponseAck | ServerMessage | SigningKey | Summary | SyncComplete | SyncError | SyncProgress | Welcome)
export type ClientMessage = (Authenticate | DiscogsApiResponse | Ping | Pong)
export type ServerMessage = (Authenticated | DiscogsApiRequest | ResponseAck | SyncProgress | SyncComplete | SyncError | ErrorMessage | Ping | Pong)

/**
 * After the commit: the client may forget this answer.
 */
export interface Ack {
requestId: string
outcome: ("accepted" | "duplicate" | "unknown")
}
/**
 * One HTTP call to make. `headers` holds the user's own token: hidden from repr.
 */
export interface ApiRequest {
requestId: string
url: string
method: string
headers: {
[k: string]: string
}
attempt: number
expiresAt: string
signature: string
keyId: string
}
/**
 * What came back. `body` is the JSON as received, or any other body as a JSON string.
 * 
 *     `status` is 0 with an `error` of the form `code: sentence` where no HTTP answer was seen.
 */
export interface ApiResponse {
requestId: string
status: number
headers?: {
[k: string]: string
}
body?: unknown
error?: (string | null)
attempt?: (number | null)
}
/**
 * Client → server, first, within ten seconds; again at any time on an open socket.
 */
export interface Authenticate {
type: "authenticate"
id: string
timestamp?: string
channel?: string
action?: string
data: Credentials
}
/**
 * An access JWT or a personal access token. Hidden from repr.
 */
export interface Credentials {
token: string
client?: ClientInfo
}
/**
 * What a client says of itself; every field may be missing.
 */
export interface ClientInfo {
clientId?: string
kind?: string
name?: string
version?: string
maxInFlight?: number
readsRateLimitHeaders?: boolean
holdsToken?: boolean
/**
 * @maxItems 1000
 */
holding?: string[]
}
/**
 * Server → client: the answer to `authenticate`.
 */
export interface Authenticated {
type: "authenticated"
id: string
timestamp?: string
channel?: string
action?: string
data: Welcome
}
/**
 * `connection_id` and `user_id` stand in the signed bytes of every request on this socket.
 * 
 *     `watch_only` says why this connection is never given one, where it is not.
 */
export interface Welcome {
connectionId: string
userId: string
serverTime: string
frameBytesMax: number
protocolVersion: number
signingKeys: SigningKey[]
watchOnly?: (("socket_not_private" | "token_without_fetch") | null)
}
/**
 * An Ed25519 public key (base64) that signs requests.
 */
export interface SigningKey {
keyId: string
publicKey: string
endorsements?: Endorsement[]
}
/**
 * One key's signature of another: the way by which a pinned key introduces its successor.
 */
export interface Endorsement {
keyId: string
signature: string
}
/**
 * Client → server: the answer to one request.
 */
export interface DiscogsApiResponse {
type: "discogs_api_response"
id: string
timestamp?: string
channel?: string
action?: string
data: ApiResponse
}
/**
 * Either way; answered by `pong`.
 */
export interface Ping {
type: "ping"
id: string
timestamp?: string
channel?: string
action?: string
data?: Nothing
}
/**
 * An empty payload.
 */
export interface Nothing {

}
/**
 * The answer to `ping`.
 */
export interface Pong {
type: "pong"
id: string
timestamp?: string
channel?: string
action?: string
data?: Nothing
}
/**
 * The end of a sync that reached it.
 */
export interface Completion {
sessionId: string
syncType: ("collection" | "wantlist")
status: "completed"
revision: number
summary: Summary
}
/**
 * What a sync did. `requests` counts calls, `seconds` is the time from start to end.
 */
export interface Summary {
added?: number
updated?: number
removed?: number
unchanged?: number
requests?: number
seconds?: number
verified?: boolean
heldRemovals?: number
warnings?: Notice[]
}
/**
 * Something that did not go as hoped, and did not stop the sync.
 */
export interface Notice {
code: string
message: string
}
/**
 * Server → client: make this call.
 */
export interface DiscogsApiRequest {
type: "discogs_api_request"
id: string
timestamp?: string
channel?: string
action?: string
data: ApiRequest
}
/**
 * Server → client: your message was not understood; nothing was stored, nothing is lost.
 */
export interface ErrorMessage {
type: "error"
id: string
timestamp?: string
channel?: string
action?: string
data: Fault
}
/**
 * What was wrong with a message. `message_id` repeats its `id` where one could be read.
 */
export interface Fault {
code: string
message: string
messageId?: (string | null)
}
/**
 * The end of a sync that failed: a stable `code`, a sentence for a person, and whether a retry makes sense.
 */
export interface Failure {
sessionId: string
syncType: ("collection" | "wantlist")
status: "failed"
revision: number
code: string
message: string
retryable: boolean
summary: Summary
}
/**
 * A snapshot: safe to lose, to repeat and to reorder. The receiver keeps the highest `revision`.
 */
export interface Progress {
sessionId: string
syncType: ("collection" | "wantlist")
status: string
revision: number
totalRequests: number
completedRequests: number
failedRequests: number
percentComplete: number
itemsDone: number
itemsTotal?: (number | null)
estimatedTimeLeft?: (string | null)
estimatedSecondsLeft?: (number | null)
currentAction?: (string | null)
reason?: (string | null)
resumeAt?: (string | null)
}
/**
 * Server → client.
 */
export interface ResponseAck {
type: "response_ack"
id: string
timestamp?: string
channel?: string
action?: string
data: Ack
}
/**
 * Server → every connection of the user.
 */
export interface SyncProgress {
type: "sync_progress"
id: string
timestamp?: string
channel?: string
action?: string
data: Progress
}
/**
 * Server → every connection of the user, once a sync.
 */
export interface SyncComplete {
type: "sync_complete"
id: string
timestamp?: string
channel?: string
action?: string
data: Completion
}
/**
 * Server → every connection of the user, once a sync.
 */
export interface SyncError {
type: "sync_error"
id: string
timestamp?: string
channel?: string
action?: string
data: Failure
}
