// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The exact output of real programs to a pipe; the longest outputs lack lines from the middle.
enum RunFixtures {
    /// `curl -o FILE URL`.
    static let curlMeter = [
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n",
        "                                 Dload  Upload   Total   Spent    Left  Speed\n\r",
        "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\r",
        " 10 19.0M   10 1953k    0     0  3944k      0  0:00:04 --:--:--  0:00:04 3937k\r",
        " 25 19.0M   25 4882k    0     0  3915k      0  0:00:04  0:00:01  0:00:03 3915k\r",
        " 45 19.0M   45 8789k    0     0  3906k      0  0:00:04  0:00:02  0:00:02 3906k\r",
        " 65 19.0M   65 12.3M    0     0  3903k      0  0:00:05  0:00:03  0:00:02 3903k\r",
        " 85 19.0M   85 16.2M    0     0  3902k      0  0:00:05  0:00:04  0:00:01 3901k\r",
        "100 19.0M  100 19.0M    0     0  3901k      0  0:00:05  0:00:05 --:--:-- 3897k\n",
    ].joined()

    /// `curl -# -o FILE URL`.
    static let curlBar = [
        "\r",
        "###                                                                        5.0%\r",
        "#######                                                                   10.0%\r",
        "##########                                                                15.0%\r",
        "#############################################################             85.0%\r",
        "################################################################          90.0%\r",
        "####################################################################      95.0%\r",
        "######################################################################## 100.0%\n",
    ].joined()

    /// `curl -L -o FILE URL`.
    static let curlRedirect = [
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n",
        "                                 Dload  Upload   Total   Spent    Left  Speed\n\r",
        "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\r",
        "  0   178    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\r",
        "  0   178    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\n\r",
        " 25 19.0M   25 4882k    0     0  3450k      0  0:00:05  0:00:01  0:00:04 3450k\r",
        " 45 19.0M   45 8789k    0     0  3635k      0  0:00:05  0:00:02  0:00:03 3898k\r",
        " 65 19.0M   65 12.3M    0     0  3711k      0  0:00:05  0:00:03  0:00:02 3896k\r",
        " 85 19.0M   85 16.2M    0     0  3753k      0  0:00:05  0:00:04  0:00:01 3897k\r",
        "100 19.0M  100 19.0M    0     0  3774k      0  0:00:05  0:00:05 --:--:-- 3896k\n",
    ].joined()

    /// `curl -o FILE URL`, for a response without `Content-Length`.
    static let curlWithoutLength = [
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n",
        "                                 Dload  Upload   Total   Spent    Left  Speed\n\r",
        "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\r",
        "100 1953k    0 1953k    0     0  4536k      0 --:--:-- --:--:-- --:--:-- 4531k\r",
        "100 5859k    0 5859k    0     0  4088k      0 --:--:--  0:00:01 --:--:-- 4086k\r",
        "100 9765k    0 9765k    0     0  4009k      0 --:--:--  0:00:02 --:--:-- 4008k\r",
        "100 13.3M    0 13.3M    0     0  3976k      0 --:--:--  0:00:03 --:--:-- 3976k\r",
        "100 17.1M    0 17.1M    0     0  3959k      0 --:--:--  0:00:04 --:--:-- 3959k\r",
        "100 19.0M    0 19.0M    0     0  3761k      0 --:--:--  0:00:05 --:--:-- 3692k\n",
    ].joined()

    /// `wget -O FILE URL`.
    static let wgetDots = [
        "--2026-11-23 23:24:13--  http://127.0.0.1:8000/big\n",
        "Connecting to 127.0.0.1:8000... connected.\n",
        "HTTP request sent, awaiting response... 200 OK\n",
        "Length: 20000000 (19M)\n",
        "Saving to: ‘/dev/null’\n\n",
        "     0K .......... .......... .......... .......... ..........  0% 2.87M 7s\n",
        "    50K .......... .......... .......... .......... ..........  0%  667M 3s\n",
        "   100K .......... .......... .......... .......... ..........  0%  743M 2s\n",
        " 19200K .......... .......... .......... .......... .......... 98%  782M 0s\n",
        " 19250K .......... .......... .......... .......... .......... 98%  364M 0s\n",
        " 19300K .......... .......... .......... .......... .......... 99%  767M 0s\n",
        " 19350K .......... .......... .......... .......... .......... 99%  786M 0s\n",
        " 19400K .......... .......... .......... .......... .......... 99%  779M 0s\n",
        " 19450K .......... .......... .......... .......... .......... 99%  618M 0s\n",
        " 19500K .......... .......... .......... .                    100%  701M=4.8s\n\n",
        "2026-11-23 23:24:18 (3.99 MB/s) - ‘/dev/null’ saved [20000000/20000000]\n\n",
    ].joined()

    /// `wget --progress=bar:force -O FILE URL`.
    static let wgetBar = [
        "--2026-11-23 23:24:13--  http://127.0.0.1:8000/big\n",
        "Connecting to 127.0.0.1:8000... connected.\n",
        "HTTP request sent, awaiting response... 200 OK\n",
        "Length: 20000000 (19M)\n",
        "Saving to: ‘/dev/null’\n\n\r",
        "/dev/null             0%[                    ]       0  --.-KB/s               \r",
        "/dev/null             5%[>                   ] 984.56K  3.68MB/s               \r",
        "/dev/null            75%[==============>     ]  14.31M  3.80MB/s    eta 2s     \r",
        "/dev/null            80%[===============>    ]  15.27M  3.80MB/s    eta 1s     \r",
        "/dev/null            85%[================>   ]  16.22M  3.80MB/s    eta 1s     \r",
        "/dev/null            90%[=================>  ]  17.17M  3.80MB/s    eta 1s     \r",
        "/dev/null            95%[==================> ]  18.13M  3.80MB/s    eta 1s     \r",
        "/dev/null           100%[===================>]  19.07M  4.00MB/s    in 4.8s    \n\n",
        "2026-11-23 23:24:18 (4.00 MB/s) - ‘/dev/null’ saved [20000000/20000000]\n\n",
    ].joined()

    /// `rsync --progress FILE FILE`.
    static let rsync = [
        "big.bin\n\r",
        "         32,768   0%    0.00kB/s    0:00:00  \r",
        "      8,224,768  41%    7.81MB/s    0:00:01  \r",
        "     16,744,448  83%    7.81MB/s    0:00:00  \r",
        "     20,000,000 100%    8.09MB/s    0:00:02 (xfr#1, to-chk=0/1)\n",
    ].joined()

    /// `tqdm(range(200), desc="Training")`.
    static let tqdm = [
        "\r",
        "Training:   0%|          | 0/200 [00:00<?, ?it/s]\r",
        "Training:   5%|▌         | 10/200 [00:00<00:01, 95.83it/s]\r",
        "Training:  10%|█         | 20/200 [00:00<00:01, 97.19it/s]\r",
        "Training:  90%|█████████ | 180/200 [00:01<00:00, 98.55it/s]\r",
        "Training:  95%|█████████▌| 190/200 [00:01<00:00, 98.57it/s]\r",
        "Training: 100%|██████████| 200/200 [00:02<00:00, 98.60it/s]\r",
        "Training: 100%|██████████| 200/200 [00:02<00:00, 98.20it/s]\n",
    ].joined()

    /// `dd status=progress`.
    static let dd = [
        "\r",
        "45480935424 bytes (45 GB, 42 GiB) copied, 1 s, 45.5 GB/s\r",
        "92981428224 bytes (93 GB, 87 GiB) copied, 2 s, 46.5 GB/s\r",
        "141402570752 bytes (141 GB, 132 GiB) copied, 3 s, 47.1 GB/s\r",
        "167685128192 bytes (168 GB, 156 GiB) copied, 4 s, 41.9 GB/s\r",
        "193966637056 bytes (194 GB, 181 GiB) copied, 5 s, 38.8 GB/s\r",
        "220963274752 bytes (221 GB, 206 GiB) copied, 6 s, 36.8 GB/s\r",
        "256274071552 bytes (256 GB, 239 GiB) copied, 7 s, 36.6 GB/s\r",
        "292226596864 bytes (292 GB, 272 GiB) copied, 8 s, 36.5 GB/s\r",
        "325548244992 bytes (326 GB, 303 GiB) copied, 9 s, 36.2 GB/s\r",
        "354568634368 bytes (355 GB, 330 GiB) copied, 10 s, 35.4 GB/s\r",
        "380629942272 bytes (381 GB, 354 GiB) copied, 11 s, 34.6 GB/s\r",
        "411837661184 bytes (412 GB, 384 GiB) copied, 12 s, 34.3 GB/s\n",
        "400000+0 records in\n",
        "400000+0 records out\n",
        "419430400000 bytes (419 GB, 391 GiB) copied, 12.1589 s, 34.5 GB/s\n",
    ].joined()

    /// `pv -f -L 8m FILE`.
    static let pv = [
        "8.00MiB 0:00:01 [8.00MiB/s] [============>                     ] 41% ETA 0:00:01\r",
        "16.0MiB 0:00:02 [7.38MiB/s] [===========================>      ] 83% ETA 0:00:00\r",
        "19.1MiB 0:00:02 [8.10MiB/s] [================================>] 100%            \r\n",
    ].joined()

    /// `git clone --progress URL`.
    static let git = [
        "Cloning into 'gc'...\n",
        "remote: Enumerating objects: 37, done.        \n",
        "remote: Counting objects:   2% (1/37)        \r",
        "remote: Counting objects:   5% (2/37)        \r",
        "remote: Counting objects:   8% (3/37)        \r",
        "remote: Counting objects:  10% (4/37)        \r",
        "remote: Counting objects:  13% (5/37)        \r",
        "remote: Counting objects:  16% (6/37)        \r",
        "Receiving objects: 100% (37/37)\r",
        "Receiving objects: 100% (37/37), 16.15 KiB | 689.00 KiB/s, done.\n",
        "Resolving deltas:   0% (0/4)\r",
        "Resolving deltas:  25% (1/4)\r",
        "Resolving deltas:  50% (2/4)\r",
        "Resolving deltas:  75% (3/4)\r",
        "Resolving deltas: 100% (4/4)\r",
        "Resolving deltas: 100% (4/4), done.\n",
    ].joined()

    /// `cmake --build FOLDER`.
    static let cmake = [
        "[ 11%] Building C object CMakeFiles/demo.dir/f1.c.o\n",
        "[ 22%] Building C object CMakeFiles/demo.dir/f2.c.o\n",
        "[ 33%] Building C object CMakeFiles/demo.dir/f3.c.o\n",
        "[ 44%] Building C object CMakeFiles/demo.dir/f4.c.o\n",
        "[ 55%] Building C object CMakeFiles/demo.dir/f5.c.o\n",
        "[ 66%] Building C object CMakeFiles/demo.dir/f6.c.o\n",
        "[ 77%] Building C object CMakeFiles/demo.dir/f7.c.o\n",
        "[ 88%] Building C object CMakeFiles/demo.dir/f8.c.o\n",
        "[100%] Linking C static library libdemo.a\n",
        "[100%] Built target demo\n",
    ].joined()

    /// `apt-get install -q=0 PACKAGE`.
    static let apt = [
        "\rReading package lists... 0%\r",
        "\rReading package lists... 0%\r",
        "\rReading package lists... 93%\r",
        "\rReading package lists... 98%\r",
        "\rReading package lists... Done\r\n",
        "\rBuilding dependency tree... 0%\r",
        "\rBuilding dependency tree... 50%\r",
        "\rBuilding dependency tree... Done\r\n",
        "\r0% [Working]\r",
        "            \rGet:1 http://deb.debian.org/debian bookworm/main amd64 hello amd64 2.10-3 [53.1 kB]\r\n",
        "\r49% [1 hello 32.8 kB/53.1 kB 62%]\r",
        "                                 \r100% [Working]\r",
        "              \rFetched 53.1 kB in 0s (1274 kB/s)\r\n",
        "(Reading database ... \r",
        "(Reading database ... 5%\r",
        "(Reading database ... 95%\r",
        "(Reading database ... 110967 files and directories currently installed.)\r\n",
        "Setting up hello (2.10-3) ...\r\n",
    ].joined()

    /// `pip download PACKAGE`, on a terminal.
    static let pip = [
        "  Downloading pillow-13.0.0-cp311-cp311-manylinux_2_27_x86_64.whl (7.1 MB)\r\n",
        "\u{1B}[?25l     \u{1B}[90m━━━━━━━━━━━━━━━━━━━━\u{1B}[0m \u{1B}[32m0.0/7.1 MB\u{1B}[0m \u{1B}[31m",
        "?\u{1B}[0m eta \u{1B}[36m-:--:--\u{1B}[0m\r",
        "\u{1B}[2K     \u{1B}[91m━━━━━━\u{1B}[0m\u{1B}[91m╸\u{1B}[0m\u{1B}[90m━━━━━━━━━━━━━\u{1B}[0m \u{1B}[32",
        "m2.1/7.1 MB\u{1B}[0m \u{1B}[31m78.3 MB/s\u{1B}[0m eta \u{1B}[36m0:00:01\u{1B}[0m\r",
        "\u{1B}[2K     \u{1B}[90m━━━━━━━━━━━━━━━━━━━━\u{1B}[0m \u{1B}[32m7.1/7.1 MB\u{1B}[0m \u{1B}[31m80.1 MB",
        "/s\u{1B}[0m eta \u{1B}[36m0:00:00\u{1B}[0m\r\n",
        "\u{1B}[?25hSaved ./pillow-13.0.0-cp311-cp311-manylinux_2_27_x86_64.whl\r\n",
    ].joined()
}
