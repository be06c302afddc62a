import './disposable-stack.ts'
import '../../packages/client/src/agent/main.ts'

/** The client for Windows as one program; tokens, and what starts a process for them, are not in it. */
