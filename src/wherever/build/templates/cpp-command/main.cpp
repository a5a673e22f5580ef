#include <iostream>
#include <stdexcept>
#include <string>

static std::string greeting(const std::string &name)
{
    if (name.empty())
        throw std::invalid_argument("who is to be greeted?");
    return "Hello from C++, " + name + "!";
}

int main(int argc, char **argv)
{
    try {
        std::cout << greeting(argc > 1 ? argv[1] : "world") << "\n";
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
