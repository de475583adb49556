"""What is refused about offers and about reading codes from pictures."""

CODES = {
    "offer-unknown": (
        404,
        "This code of a patient is not valid",
        "患者出示的这张码无效",
        "not-found",
        "It may have expired, been used or been closed. Ask the patient to show a new one. Nothing was sent.",
        "可能已过期、已被使用或已关闭。请患者再出示一张。没有送出任何内容。",
    ),
    "offer-code-foreign": (
        409,
        "This is not a code of a patient's phone",
        "这不是患者手机出示的码",
        "invalid",
        "It was not opened and nothing was sent. Ask the patient to press “Show my code”; scan or type that.",
        "没有打开它，也没有送出任何内容。请患者在钥匙里点“出示我的码”，再扫描或输入。",
    ),
    "picture-unsupported": (
        415,
        "This picture cannot be read",
        "这张图片读不了",
        "not-supported",
        "Send a JPEG, PNG or WebP picture, or type the code. The picture was not kept.",
        "请改用 JPEG、PNG 或 WebP 图片，或者输入代码。图片没有保存。",
    ),
    "picture-too-large": (
        413,
        "This picture is too large",
        "这张图片太大",
        "too-long",
        "Send one of at most 12 megapixels, or type the code. The picture was not kept.",
        "请改用不超过 1200 万像素的图片，或者输入代码。图片没有保存。",
    ),
}
