"""What staff sign-in refuses."""

CODES = {
    "signin-required": (
        401,
        "Please sign in",
        "请先登录",
        "login",
        "Sign in again; nothing was changed.",
        "请重新登录；没有任何更改。",
    ),
    "signin-refused": (
        401,
        "Sign-in was not accepted",
        "登录未被接受",
        "login",
        "Check institution, user name and password.",
        "请检查机构、工号和密码。",
    ),
    "signin-locked": (
        429,
        "Too many wrong passwords",
        "密码错误次数过多",
        "throttled",
        "Wait the minutes shown, or ask the administrator for a new password.",
        "请等待所示分钟数，或请管理员重设密码。",
    ),
    "signin-fresh-required": (
        401,
        "Please enter your password again",
        "请再次输入密码",
        "login",
        "This step needs a sign-in of the last five minutes.",
        "此操作需要五分钟内的登录。",
    ),
    "role-not-allowed": (
        403,
        "Your role does not include this",
        "您的岗位没有此权限",
        "forbidden",
        "Ask a colleague with that role. Nothing was changed.",
        "请由有权限的同事办理。没有任何更改。",
    ),
}
