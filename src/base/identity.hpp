#pragma once

#include <string>
#include <vector>

namespace scalekit {

/**
 * One claim beyond the profile. Members of objects are named by a dotted path; arrays of scalars
 * keep their values apart.
 */
struct Claim {
    std::string name;
    bool list = false;
    std::vector<std::string> values;
};

/** Who signed in, as a verified ID token says: made by the oidc room, kept by the session room. */
struct Identity {
    std::string subject;          // sub
    std::string organization;     // oid
    std::string connection;       // amr[0], where it is a connection id
    std::string providerSession;  // sid
    std::string email;
    std::string name;  // name, else given_name and family_name
    std::string picture;
    std::vector<Claim> claims;  // all other claims of the token
};

}  // namespace scalekit
