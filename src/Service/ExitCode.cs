namespace VirtHandover.Service;

/// <summary>How the program ends; the numbers of sysexits.h, listed in <c>docs/service.md</c>.</summary>
internal static class ExitCode
{
    internal const int Ok = 0;

    /// <summary>EX_USAGE: an argument is not known.</summary>
    internal const int Usage = 64;

    /// <summary>EX_UNAVAILABLE: no D-Bus, or its name is not to be had.</summary>
    internal const int Unavailable = 69;

    /// <summary>EX_SOFTWARE: a fault of the service itself.</summary>
    internal const int Software = 70;

    /// <summary>EX_IOERR: the database cannot be used.</summary>
    internal const int Storage = 74;

    /// <summary>EX_TEMPFAIL: it makes way for another build of itself; systemd starts that.</summary>
    internal const int Replaced = 75;

    /// <summary>EX_NOPERM: not root.</summary>
    internal const int NoPermission = 77;

    /// <summary>EX_CONFIG: the configuration is wrong.</summary>
    internal const int Configuration = 78;
}
