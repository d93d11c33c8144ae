namespace VirtHandover.Bus.Contract;

/// <summary>What polkit says about one call.</summary>
internal enum PolkitVerdict
{
    /// <summary>No, or no answer that means yes.</summary>
    Denied,

    /// <summary>Yes.</summary>
    Allowed,

    /// <summary>Yes, if somebody gave a password; nobody was there to give one.</summary>
    PasswordNeeded,

    /// <summary>There is no polkit on this host.</summary>
    Absent,

    /// <summary>It was not asked: the caller's user has as many questions open as one may have, or all users together have.</summary>
    TooMany,

    /// <summary>Somebody was asked for a password and did not give one in time.</summary>
    Late,
}
