#include "sanad-service.h"
#include <ntsecapi.h>

#define PIPE_VARIABLE L"SANAD_SERVICE_PIPE"
/* What the client and Node write when they cannot write to the client's own log. */
#define OUTPUT_FILE L"logs\\service.log"
#define LARGEST_OUTPUT (1024 * 1024)

/* Nobody can have a pipe of this name first, and only SYSTEM and administrators can open it. */
static DWORD make_pipe(struct child *child, wchar_t name[64]) {
  BYTE random[16];
  SECURITY_ATTRIBUTES security = {sizeof security, NULL, FALSE};
  if (!RtlGenRandom(random, sizeof random)) return ERROR_GEN_FAILURE;
  wcscpy(name, L"\\\\.\\pipe\\sanad-service-");
  for (int i = 0; i < 16; i++) swprintf(name + wcslen(name), 3, L"%02x", random[i]);
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:P(A;;FA;;;SY)(A;;FA;;;BA)", SDDL_REVISION_1,
                                                            &security.lpSecurityDescriptor, NULL))
    return GetLastError();
  const DWORD open = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE;
  child->pipe = CreateNamedPipeW(name, open, PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, 64, 64, 0, &security);
  DWORD error = child->pipe == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
  LocalFree(security.lpSecurityDescriptor);
  if (error != ERROR_SUCCESS) return error;
  child->connecting.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (ConnectNamedPipe(child->pipe, &child->connecting)) return ERROR_SUCCESS;
  error = GetLastError();
  return error == ERROR_IO_PENDING || error == ERROR_PIPE_CONNECTED ? ERROR_SUCCESS : error;
}

static HANDLE open_output(void) {
  static wchar_t path[LONGEST_PATH];
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  LARGE_INTEGER size;
  if (!data_folder_file(L"logs", path)) return INVALID_HANDLE_VALUE;
  CreateDirectoryW(path, NULL);
  if (!data_folder_file(OUTPUT_FILE, path)) return INVALID_HANDLE_VALUE;
  const DWORD shared = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  HANDLE file = CreateFileW(path, FILE_APPEND_DATA, shared, &inherited, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE || !GetFileSizeEx(file, &size) || size.QuadPart < LARGEST_OUTPUT) return file;
  CloseHandle(file);
  return CreateFileW(path, FILE_APPEND_DATA, shared, &inherited, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
}

/* Whatever happens to this service, nothing of the client stays behind. */
static DWORD put_into_job(struct child *child) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  child->job = CreateJobObjectW(NULL, NULL);
  if (child->job == NULL) return GetLastError();
  if (!SetInformationJobObject(child->job, JobObjectExtendedLimitInformation, &limits, sizeof limits) ||
      !AssignProcessToJobObject(child->job, child->process))
    return GetLastError();
  return ERROR_SUCCESS;
}

static DWORD create_process(struct child *child) {
  static wchar_t program[LONGEST_PATH];
  static wchar_t config[LONGEST_PATH];
  static wchar_t command[LONGEST_PATH];
  STARTUPINFOW startup = {0};
  PROCESS_INFORMATION made = {0};
  if (!own_folder_file(L"sanad-client.exe", program)) return ERROR_BAD_PATHNAME;
  if (!data_folder_file(L"client.yaml", config)) return ERROR_BAD_PATHNAME;
  if (_snwprintf(command, LONGEST_PATH, L"\"%ls\" run --config \"%ls\"", program, config) < 0)
    return ERROR_BAD_PATHNAME;
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdOutput = startup.hStdError = open_output();
  BOOL is_made = CreateProcessW(program, command, NULL, NULL, TRUE, CREATE_NO_WINDOW | CREATE_SUSPENDED, NULL, NULL,
                                &startup, &made);
  DWORD error = is_made ? ERROR_SUCCESS : GetLastError();
  if (startup.hStdOutput != INVALID_HANDLE_VALUE) CloseHandle(startup.hStdOutput);
  if (!is_made) return error;
  child->process = made.hProcess;
  error = put_into_job(child);
  if (error == ERROR_SUCCESS) ResumeThread(made.hThread);
  else TerminateProcess(made.hProcess, 1);
  CloseHandle(made.hThread);
  return error;
}

DWORD start_child(struct child *child) {
  wchar_t name[64];
  memset(child, 0, sizeof *child);
  DWORD error = make_pipe(child, name);
  if (error == ERROR_SUCCESS && !SetEnvironmentVariableW(PIPE_VARIABLE, name)) error = GetLastError();
  /* Set for the whole computer, it would load code into the client. */
  SetEnvironmentVariableW(L"NODE_OPTIONS", NULL);
  if (error == ERROR_SUCCESS) error = create_process(child);
  if (error != ERROR_SUCCESS) release_child(child);
  return error;
}

/* The client opens the pipe when it works, and for nothing else. */
BOOL is_ready(struct child *child) {
  DWORD available = 0;
  return PeekNamedPipe(child->pipe, NULL, 0, NULL, &available, NULL) && available > 0;
}

void ask_to_stop(struct child *child) {
  DisconnectNamedPipe(child->pipe);
}

/* Windows writes to `connecting` until the connection is made or given up. */
static void give_up_connecting(struct child *child) {
  DWORD count;
  CancelIo(child->pipe);
  GetOverlappedResult(child->pipe, &child->connecting, &count, TRUE);
}

void release_child(struct child *child) {
  if (child->job != NULL) {
    TerminateJobObject(child->job, 1);
    CloseHandle(child->job);
  }
  if (child->process != NULL) CloseHandle(child->process);
  if (child->pipe != NULL && child->pipe != INVALID_HANDLE_VALUE) {
    if (child->connecting.hEvent != NULL) give_up_connecting(child);
    CloseHandle(child->pipe);
  }
  if (child->connecting.hEvent != NULL) CloseHandle(child->connecting.hEvent);
  memset(child, 0, sizeof *child);
}
