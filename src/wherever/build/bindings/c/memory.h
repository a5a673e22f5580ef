/* Memory. What a function is given, and what wit_alloc gives, is there until the function that the
   world exports has returned and its caller has read the result; nothing of it has to be freed. A
   result may point to any memory that stays as it is until then: to what was given, to constants,
   to static data. What has to stay longer is copied to memory of malloc. */
typedef struct {
    char *data; /* UTF-8; no NUL ends it */
    size_t length;
} wit_string_t;

/* Memory for results, aligned for everything; the program ends where there is none. */
void *wit_alloc(size_t size);

/* A string of C as one of the world; it is not copied. */
wit_string_t wit_string(const char *text);

/* A copy that ends with a NUL, as functions of C want it. */
char *wit_cstring(wit_string_t text);

/* A text as printf writes it. */
wit_string_t wit_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For long loops: releases what was given and allocated since the mark was taken. */
void *wit_mark(void);
void wit_release(void *mark);
