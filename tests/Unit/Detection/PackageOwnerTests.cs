using VirtHandover.Detection;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Detection;

/// <summary>With programs that answer as rpm and dpkg-query do.</summary>
public sealed class PackageOwnerTests : IDisposable
{
    private const string Qemu = "/usr/bin/qemu-system-x86_64";
    private static readonly FileIdentity s_file = FileIdentity.Of("/bin/sh")!.Value;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Whoever_knows_the_file_is_believed_and_the_others_may_be_missing()
    {
        var missing = new RpmDatabase { Program = "/nowhere/rpm" };
        var knows = new RpmDatabase { Program = Script("rpm", "echo qemu-kvm-core-8.0.0-16.el9") };
        var knowsNot = new RpmDatabase { Program = Script("rpm-not", "echo \"file $5 is not owned by any package\"; exit 1") };
        var dpkg = new DpkgDatabase { Program = Dpkg($"qemu-system-x86: {Qemu}") };

        Assert.Equal("qemu-kvm-core-8.0.0-16.el9", await Ask(knows, dpkg));
        Assert.Equal("qemu-system-x86_1:7.2+dfsg-7", await Ask(knowsNot, dpkg));
        Assert.Equal("qemu-system-x86_1:7.2+dfsg-7", await Ask(missing, dpkg));
        Assert.Equal("", await Ask(missing, new DpkgDatabase { Program = "/nowhere/dpkg-query" }));
        Assert.Equal("", await Ask());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_package_that_calls_usr_bin_by_its_old_name_is_found()
    {
        var dpkg = new DpkgDatabase
        {
            Program = Script("dpkg-query", """
                case $1,$3 in
                  --search,/bin/qemu-system-x86_64) echo "qemu-system-x86: $3" ;;
                  --show,*) echo "$5_1:7.2+dfsg-7" ;;
                  *) echo "dpkg-query: no path found matching pattern $3" >&2; exit 1 ;;
                esac
                """),
        };
        Assert.Equal("qemu-system-x86_1:7.2+dfsg-7", await Ask(dpkg));
    }

    [Theory]
    [InlineData("qemu-system-x86: /usr/bin/qemu-system-x86_64\n", "qemu-system-x86")]
    [InlineData("libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6\n", "libc6:amd64")]
    [InlineData("a:amd64, b: /etc/shared\n", "a:amd64")]
    [InlineData("diversion by dash from: /bin/sh\ndiversion by dash to: /bin/sh.distrib\ndash: /bin/sh\n", "dash")]
    [InlineData("local diversion from: /bin/x\nlocal diversion to: /bin/x.orig\n", null)]
    [InlineData("", null)]
    [InlineData(": /bin/x", null)]
    public void The_answer_names_the_package(string answer, string? package) => Assert.Equal(package, DpkgDatabase.OwnerIn(answer));

    private static Task<string> Ask(params IPackageDatabase[] databases) => new PackageOwner { Databases = databases }.OfAsync(Qemu, s_file, default);

    private string Dpkg(string found) => Script("dpkg-query", $"""
        case $1 in
          --search) echo '{found}' ;;
          --show) echo "$5_1:7.2+dfsg-7" ;;
        esac
        """);

    private string Script(string name, string body)
    {
        var path = Path.Combine(_directory.Path, name);
        Executable.Write(path, $"#!/bin/sh\n{body}\n");
        return path;
    }
}
