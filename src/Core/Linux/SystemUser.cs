using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>A user of this host (getpwnam_r(3)).</summary>
/// <param name="Id">The user's number.</param>
/// <param name="GroupId">The number of the user's group.</param>
public sealed unsafe record SystemUser(uint Id, uint GroupId)
{
    private const int Room = 16 * 1024;

    /// <summary>The user of the part of the service that needs no power.</summary>
    public const string Front = "virt-handover";

    /// <summary>The number of the user that this process acts as (<c>geteuid(2)</c>); 0 is root.</summary>
    public static uint OfThisProcess => Libc.geteuid();

    /// <summary>Looks a user up.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The user; null when there is none.</returns>
    public static SystemUser? Find(string name)
    {
        var buffer = stackalloc byte[Room];
        Libc.passwd entry;
        Libc.passwd* found;
        return Libc.getpwnam_r(name, &entry, buffer, Room, &found) == 0 && found is not null ? new SystemUser(entry.pw_uid, entry.pw_gid) : null;
    }
}
