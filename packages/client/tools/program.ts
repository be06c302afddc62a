/** The whole client as one program: the agent, or, when it starts itself with this word, the process of a token. */

const TOKEN_PROCESS = 'token-process'

// Of a bundle each part is evaluated when it is imported, so the process of a token does not pay for the agent.
if (process.argv[2] === TOKEN_PROCESS) void import('../src/key-stores/token/token-process.ts')
else void import('../src/agent/main.ts')

export {}
