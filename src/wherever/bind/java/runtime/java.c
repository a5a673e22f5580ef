/* What stands between the library and Java: functions by number, arguments in a block. */
#include <stdlib.h>
#include "LIB.h"

/* As much of the Java Native Interface as this needs; its functions are known by their places. */
typedef void *jobject;
typedef int32_t jint;
typedef int64_t jlong;
typedef const struct {
    void *functions[240];
} *const JNIEnv;
enum {
    FIND_CLASS = 6, EXCEPTION_CLEAR = 17, NEW_GLOBAL_REF = 21, GET_STATIC_METHOD = 113,
    CALL_STATIC_INT = 129, NEW_BYTE_ARRAY = 176, GET_ARRAY_LENGTH = 171, GET_BYTES = 200,
    SET_BYTES = 208, EXCEPTION_CHECK = 228, NEW_BUFFER = 229, BUFFER_ADDRESS = 230
};
#define EXPORT(result, name) \
    __attribute__((visibility("default"))) result Java_MANGLED_Native_##name
#define JNI(result, number, ...) ((result (*)(__VA_ARGS__))(*env)->functions[number])

static _Thread_local JNIEnv *current;
static jobject class_of;
static void *called, *dropped, *printed;

static int failed(LIB_t *handle, JNIEnv *env)
{
    if (!JNI(uint8_t, EXCEPTION_CHECK, JNIEnv *)(env))
        return 0;
    JNI(void, EXCEPTION_CLEAR, JNIEnv *)(env);
    return LIB_fail(handle, "Java could not be called");
}

static int call_java(LIB_t *handle, void *context, int number, void **args, void *result)
{
    JNIEnv *env = current;
    int code = JNI(jint, CALL_STATIC_INT, JNIEnv *, jobject, void *, ...)(env, class_of, called,
        (jlong)(intptr_t)context, (jint)number, (jlong)(intptr_t)args, (jlong)(intptr_t)result);
    return failed(handle, env) || code != 0;
}

static void drop_java(void *context, void *self)
{
    JNIEnv *env = current;
    JNI(jint, CALL_STATIC_INT, JNIEnv *, jobject, void *, ...)(
        env, class_of, dropped, (jlong)(intptr_t)context, (jlong)(intptr_t)self);
    if (JNI(uint8_t, EXCEPTION_CHECK, JNIEnv *)(env))
        JNI(void, EXCEPTION_CLEAR, JNIEnv *)(env);
}

static void print_java(void *context, int stream, const char *data, size_t length)
{
    JNIEnv *env = current;
    JNI(jint, CALL_STATIC_INT, JNIEnv *, jobject, void *, ...)(env, class_of, printed,
        (jlong)(intptr_t)context, (jint)stream, (jlong)(intptr_t)data, (jlong)length);
    if (JNI(uint8_t, EXCEPTION_CHECK, JNIEnv *)(env))
        JNI(void, EXCEPTION_CLEAR, JNIEnv *)(env);
}

// FUNCTIONS

static int (*const functions[])(LIB_t *, unsigned char *) = {
// TABLE
};

EXPORT(jint, begin)(JNIEnv *env, jobject class)
{
    class_of = JNI(jobject, NEW_GLOBAL_REF, JNIEnv *, jobject)(env, class);
#define METHOD(name, type) \
    JNI(void *, GET_STATIC_METHOD, JNIEnv *, jobject, const char *, const char *)( \
        env, class, name, type)
    called = METHOD("called", "(JIJJ)I");
    dropped = METHOD("dropped", "(JJ)I");
    printed = METHOD("printed", "(JIJJ)I");
    return class_of == NULL || called == NULL || dropped == NULL || printed == NULL;
}

EXPORT(jint, call)(JNIEnv *env, jobject class, jint number, jlong handle, jlong args)
{
    JNIEnv *before = current;
    (void)class;
    current = env;
    int code = functions[number]((LIB_t *)(intptr_t)handle, (unsigned char *)(intptr_t)args);
    current = before;
    return code;
}

EXPORT(jint, open)(JNIEnv *env, jobject class, jlong memory, jlong stack, jint timeout,
    uint8_t prints, jlong context, jlong given, jlong found)
{
    LIB_imports_t imports = {.context = (void *)(intptr_t)context};
    LIB_options_t options = {.size = sizeof options, .memory_limit = (uint64_t)memory,
        .stack_limit = (uint64_t)stack, .timeout_ms = (uint32_t)timeout, .imports = &imports,
        .output = prints ? print_java : NULL, .context = (void *)(intptr_t)context};
    unsigned char *at = (unsigned char *)(intptr_t)found;
    JNIEnv *before = current;
    (void)class, (void)given;
// IMPORTS
    current = env;
    int code = LIB_open(&options, (LIB_t **)(void *)at, (char *)at + 8);
    current = before;
    return code;
}

/* 0 closes, 1 resets, 2 interrupts, and the timeout is set to what is above. */
EXPORT(jint, control)(JNIEnv *env, jobject class, jlong handle, jlong what)
{
    LIB_t *of = (LIB_t *)(intptr_t)handle;
    JNIEnv *before = current;
    (void)class;
    if (what == 2) {
        LIB_interrupt(of);
        return 0;
    }
    if (what > 2)
        return LIB_set_timeout(of, (uint32_t)(what - 3));
    current = env;
    int code = what == 0 ? LIB_close(of) : LIB_reset(of);
    current = before;
    return code;
}

EXPORT(jlong, message)(JNIEnv *env, jobject class, jlong handle)
{
    (void)env, (void)class;
    return (jlong)(intptr_t)LIB_error_message((LIB_t *)(intptr_t)handle);
}

EXPORT(jint, fail)(JNIEnv *env, jobject class, jlong handle, jlong text)
{
    (void)env, (void)class;
    return LIB_fail((LIB_t *)(intptr_t)handle, (const char *)(intptr_t)text);
}

EXPORT(jlong, alloc)(JNIEnv *env, jobject class, jlong handle, jlong size)
{
    (void)env, (void)class;
    return (jlong)(intptr_t)LIB_alloc((LIB_t *)(intptr_t)handle, (size_t)size);
}

EXPORT(jlong, malloc)(JNIEnv *env, jobject class, jlong size)
{
    (void)env, (void)class;
    return (jlong)(intptr_t)calloc(1, size == 0 ? 1 : (size_t)size);
}

EXPORT(void, free)(JNIEnv *env, jobject class, jlong at)
{
    (void)env, (void)class;
    free((void *)(intptr_t)at);
}

EXPORT(jobject, at)(JNIEnv *env, jobject class, jlong at, jlong size)
{
    (void)class;
    return JNI(jobject, NEW_BUFFER, JNIEnv *, void *, jlong)(env, (void *)(intptr_t)at, size);
}

EXPORT(void, read)(JNIEnv *env, jobject class, jlong at, jobject to)
{
    jint size = JNI(jint, GET_ARRAY_LENGTH, JNIEnv *, jobject)(env, to);
    (void)class;
    JNI(void, SET_BYTES, JNIEnv *, jobject, jint, jint, const void *)(
        env, to, 0, size, (const void *)(intptr_t)at);
}

EXPORT(void, write)(JNIEnv *env, jobject class, jlong at, jobject from)
{
    jint size = JNI(jint, GET_ARRAY_LENGTH, JNIEnv *, jobject)(env, from);
    (void)class;
    JNI(void, GET_BYTES, JNIEnv *, jobject, jint, jint, void *)(
        env, from, 0, size, (void *)(intptr_t)at);
}
