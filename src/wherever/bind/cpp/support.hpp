/// What went wrong, when it was no error that the library's own functions tell of.
class Error : public std::runtime_error {
public:
    Error(int code, const std::string &message) : std::runtime_error(message), code_(code) {}
    /// The code of the C library.
    int code() const noexcept { return code_; }

private:
    int code_;
};

// ERRORS

/// The error that a function of the library returns, where it returns a result. Callbacks throw it
/// to return one.
template <class E> class Failure : public std::runtime_error {
public:
    explicit Failure(E error) : std::runtime_error(told(error)), value(std::move(error)) {}
    /// The error.
    E value;

private:
    static std::string told(const E &error)
    {
        if constexpr (std::is_same_v<E, std::string>)
            return error;
        else
            return "the function returned an error";
    }
};

/// A result as a value, which it is only inside of other values.
template <class T> struct Ok {
    T value;
    friend bool operator==(const Ok &a, const Ok &b) { return a.value == b.value; }
};
template <class E> struct Err {
    E value;
    friend bool operator==(const Err &a, const Err &b) { return a.value == b.value; }
};
template <class T, class E> using Result = std::variant<Ok<T>, Err<E>>;

/// Numbers that lie side by side somewhere else: in a vector, an array, a string.
template <class T> class View {
public:
    View() = default;
    View(const T *data, std::size_t size) : data_(data), size_(size) {}
    /// For arguments: the numbers are there until the call is over.
    View(std::initializer_list<T> from) : View() { *this = View(from.begin(), from.size()); }
    template <class C, class = std::enable_if_t<
                           sizeof(*std::declval<const C &>().data()) == sizeof(T)
                           && std::is_convertible_v<decltype(std::declval<const C &>().size()), std::size_t>>>
    View(const C &from) : data_(reinterpret_cast<const T *>(from.data())), size_(from.size())
    {
    }
    const T *data() const { return data_; }
    std::size_t size() const { return size_; }

private:
    const T *data_ = nullptr;
    std::size_t size_ = 0;
};

class Library;

/// How an instance is limited; 0 is the library's own choice.
struct Options {
    /// Bytes of memory that it may have; 0 for 1 GiB.
    std::uint64_t memory_limit = 0;
    /// Bytes of the thread's stack that a call may use; 0 for 1 MiB.
    std::uint64_t stack_limit = 0;
    /// How long a call may take; 0 for as long as it takes.
    std::chrono::milliseconds timeout{0};
    /// Gets what the library prints to stdout (1) and stderr (2).
    std::function<void(int stream, std::string_view text)> output;
};

namespace detail {
struct State;
struct Access;
struct Trampolines;
using Drop = int (*)(LIB_t *, std::uint64_t);
}

// TYPES

namespace detail {

[[noreturn]] inline void raise(int code, const std::string &message)
{
    switch (code) {
    // RAISE
    default:
        throw Error(code, message);
    }
}

struct State : std::enable_shared_from_this<State> {
    LIB_t *handle = nullptr;
    Imports imports;
    std::function<void(int, std::string_view)> output;
    std::recursive_mutex lock;
    int depth = 0;
    std::uint64_t turn = 1; // resources of an earlier one are gone
    std::mutex drops_lock;
    std::vector<std::tuple<Drop, std::uint64_t, std::uint64_t>> drops;
    std::map<std::uintptr_t, std::shared_ptr<void>> lent; // the host's resources that it has
    std::uintptr_t last = 0;
    std::exception_ptr thrown;

    State() = default;
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State() { LIB_close(handle); }

    void *lend(std::shared_ptr<void> what)
    {
        if (!what)
            throw Error(LIB_UPPER_ARGUMENT, "a resource is a null pointer");
        lent.emplace(++last, std::move(what));
        return reinterpret_cast<void *>(last);
    }
    std::shared_ptr<void> lent_as(void *number)
    {
        auto found = lent.find(reinterpret_cast<std::uintptr_t>(number));
        if (found == lent.end())
            throw Error(LIB_UPPER_INVALID, "the library used a resource that is not there any more");
        return found->second;
    }
    void forget(void *number) noexcept { lent.erase(reinterpret_cast<std::uintptr_t>(number)); }

    /// A callback failed: what it threw comes out of the call.
    int failed() noexcept
    {
        thrown = std::current_exception();
        try {
            throw;
        } catch (const std::exception &error) {
            return LIB_fail(handle, error.what());
        } catch (...) {
            return LIB_fail(handle, "a callback threw what is no std::exception");
        }
    }
    /// What a destructor gives up, which may be in any thread and inside of a callback.
    void drop_later(Drop drop, std::uint64_t id, std::uint64_t of) noexcept
    {
        try {
            std::lock_guard<std::mutex> held(drops_lock);
            drops.emplace_back(drop, id, of);
        } catch (...) {
            return; // without memory it stays until the library is closed
        }
        if (lock.try_lock()) {
            drop_now();
            lock.unlock();
        }
    }
    void drop_now() noexcept
    {
        if (depth != 0)
            return;
        std::vector<std::tuple<Drop, std::uint64_t, std::uint64_t>> taken;
        {
            std::lock_guard<std::mutex> held(drops_lock);
            taken.swap(drops);
        }
        for (auto &[drop, id, of] : taken)
            if (of == turn)
                drop(handle, id);
    }
};

/// What is given in one call, or by one callback.
class Given {
public:
    Given(State &state, bool to_callback) : state_(state), copies_(to_callback) {}
    Given(const Given &) = delete;
    Given &operator=(const Given &) = delete;
    State &state() { return state_; }

    template <class T> T *room(std::size_t count)
    {
        if (count > SIZE_MAX / sizeof(T))
            throw std::bad_alloc();
        if (copies_) {
            void *found = LIB_alloc(state_.handle, count * sizeof(T));
            if (found == nullptr)
                throw std::bad_alloc();
            return static_cast<T *>(found);
        }
        kept_.emplace_back(new std::max_align_t[count * sizeof(T) / sizeof(std::max_align_t) + 1]);
        return reinterpret_cast<T *>(kept_.back().get());
    }
    template <class T, class C> const T *raw(const C &from)
    {
        if (from.size() == 0)
            return nullptr;
        if (!copies_)
            return reinterpret_cast<const T *>(from.data());
        T *to = room<T>(from.size());
        std::memcpy(to, from.data(), from.size() * sizeof(T));
        return to;
    }
    LIB_string_t text(std::string_view from) { return {raw<char>(from), from.size()}; }
    /// A resource of the host: with the library for good, or until the call is over.
    void *host(std::shared_ptr<void> what, bool own)
    {
        void *number = state_.lend(std::move(what));
        (own ? owned_ : borrowed_).push_back(number);
        return number;
    }
    std::uint64_t ours(std::uint64_t id, std::uint64_t turn, Drop drop)
    {
        if (drop != nullptr)
            given_.emplace_back(drop, id, turn);
        return id;
    }

protected:
    State &state_;
    bool copies_;
    std::vector<std::unique_ptr<std::max_align_t[]>> kept_;
    std::vector<void *> owned_, borrowed_;
    std::vector<std::tuple<Drop, std::uint64_t, std::uint64_t>> given_;
};

/// One call: other threads wait for it, and a callback of its own gets `Busy`.
class Call : public Given {
public:
    explicit Call(State &state) : Given(state, false), held_(state.lock)
    {
        state.drop_now();
        state.depth++;
    }
    ~Call()
    {
        for (void *number : borrowed_)
            state_.forget(number);
        if (!called_)
            undo();
        state_.depth--;
    }
    LIB_t *handle() { return state_.handle; }
    void check(int code)
    {
        called_ = true;
        if (code == LIB_UPPER_OK)
            return;
        std::exception_ptr thrown = std::exchange(state_.thrown, nullptr);
        if (code == LIB_UPPER_ARGUMENT)
            undo();
        for (void *number : owned_)
            state_.forget(number);
        if (code == LIB_UPPER_IMPORT && thrown)
            std::rethrow_exception(thrown);
        if (code == LIB_UPPER_BUSY)
            raise(code, "a callback called the library that called it");
        raise(code, LIB_error_message(state_.handle));
    }

private:
    /// What was given of resources did not arrive.
    void undo() noexcept
    {
        for (auto &[drop, id, turn] : given_)
            state_.drop_later(drop, id, turn);
        for (void *number : owned_)
            state_.forget(number);
    }
    std::unique_lock<std::recursive_mutex> held_;
    bool called_ = false;
};

inline std::string text_of(LIB_string_t from) { return {from.data, from.length}; }
