"""Words that a name must not be, by who reserves them, all lower-case. Sources: the pages of name_rules."""

WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"}
)
"""No file of this name, whatever its ending, can be checked out on Windows."""

AZURE_DEVOPS = WINDOWS_DEVICES | {"com10", "defaultcollection", "server", "signalr", "web"}

AZURE_DEVOPS_HIDDEN = frozenset(
    """
    app_browsers app_code app_data app_globalresources app_localresources app_themes app_webresources bin web.config
    """.split()  # noqa: SIM905 a list of words reads better
)

AZURE = frozenset(
    """
    access azure bing bizspark biztalk cortana directx dotnet dynamics excel exchange forefront groove hololens hyperv
    kinect lync msdn o365 office office365 onedrive onenote outlook powerpoint sharepoint skype visio visualstudio xbox
    """.split()  # noqa: SIM905
)
"""As the whole name."""

AZURE_NOWHERE = ("microsoft", "windows")
"""Not even as a part of the name."""

JAVA = frozenset(
    """
    _ abstract assert boolean break byte case catch char class const continue default do double else enum extends
    false final finally float for goto if implements import instanceof int interface long native new null package
    private protected public return short static strictfp super switch synchronized this throw throws transient
    true try void volatile while
    """.split()  # noqa: SIM905
)
