/*
 * A PKCS#11 module for tests: forwards to a real one, writes down the calls that matter, and fails as told.
 *
 * FAULTY_REAL is the real module. FAULTY_DIRECTORY holds `log`, one line for each call, and the orders: a file
 * named for a function holds "<return value in hex> <times>", or "stall <times>" to never return; the file
 * `flags` holds token flags in hex that are added to the real ones. FAULTY_BEHAVIOURS: see behaviours.c.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "behaviours.h"

static CK_FUNCTION_LIST_PTR real;
static CK_FUNCTION_LIST ours;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static FILE *open_in_directory(const char *name, const char *mode) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", getenv("FAULTY_DIRECTORY"), name);
  return fopen(path, mode);
}

static void write_down(const char *call) {
  FILE *log = open_in_directory("log", "a");
  if (log == NULL) return;
  fprintf(log, "%s\n", call);
  fclose(log);
}

/* The return value that was ordered for this call, CKR_OK for none. */
static CK_RV take_order(const char *call) {
  char what[32];
  int times = 0;
  CK_RV ordered = CKR_OK;
  pthread_mutex_lock(&lock);
  write_down(call);
  FILE *order = open_in_directory(call, "r");
  if (order != NULL) {
    if (fscanf(order, "%31s %d", what, &times) != 2) times = 0;
    fclose(order);
  }
  if (times > 0) {
    order = open_in_directory(call, "w");
    fprintf(order, "%s %d", what, times - 1);
    fclose(order);
    ordered = strcmp(what, "stall") == 0 ? (CK_RV)-1 : strtoul(what, NULL, 16);
  }
  pthread_mutex_unlock(&lock);
  while (ordered == (CK_RV)-1) sleep(3600);
  return ordered;
}

static CK_RV login(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length) {
  CK_RV ordered = take_order("C_Login");
  return ordered != CKR_OK ? ordered : real->C_Login(s, user, pin, length);
}

static CK_RV sign_init(CK_SESSION_HANDLE s, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  CK_RV ordered = take_order("C_SignInit");
  return ordered != CKR_OK ? ordered : real->C_SignInit(s, mechanism, key);
}

static CK_RV sign(CK_SESSION_HANDLE s, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out, CK_ULONG_PTR out_length) {
  CK_RV ordered = take_order("C_Sign");
  return ordered != CKR_OK ? ordered : real->C_Sign(s, data, length, out, out_length);
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR app, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR s) {
  CK_RV ordered = take_order("C_OpenSession");
  return ordered != CKR_OK ? ordered : real->C_OpenSession(slot, flags, app, notify, s);
}

static CK_RV copy_object(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE from, CK_ATTRIBUTE_PTR t, CK_ULONG n, CK_OBJECT_HANDLE_PTR to) {
  CK_RV ordered = take_order("C_CopyObject");
  return ordered != CKR_OK ? ordered : real->C_CopyObject(s, from, t, n, to);
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
  unsigned long flags = 0;
  CK_RV answer = real->C_GetTokenInfo(slot, info);
  FILE *order = open_in_directory("flags", "r");
  if (order == NULL) return answer;
  if (fscanf(order, "%lx", &flags) == 1) info->flags |= flags;
  fclose(order);
  return answer;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  void *library = dlopen(getenv("FAULTY_REAL"), RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return CKR_GENERAL_ERROR;
  CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
  CK_RV answer = get(&real);
  if (answer != CKR_OK) return answer;
  real = with_behaviours(real);
  ours = *real;
  ours.C_GetFunctionList = C_GetFunctionList;
  ours.C_Login = login;
  ours.C_SignInit = sign_init;
  ours.C_Sign = sign;
  ours.C_OpenSession = open_session;
  ours.C_CopyObject = copy_object;
  ours.C_GetTokenInfo = token_info;
  *list = &ours;
  return CKR_OK;
}
